import assert from "node:assert/strict";
import type { ListedServer } from "../../../src/app/list/server_registry.ts";
import { changeLine, keyProblems, rowsOf } from "../../../src/cli/list/rows.ts";

function server(name: string, ...keys: readonly (string | undefined)[]): ListedServer {
  const place = { profile: "request-response", topic: `mcp/${name}`, since: undefined };
  const instances = keys.map((key, id) => ({ ...place, id: String(id), ...(key === undefined ? {} : { key }) }));
  return { name, profiles: ["request-response"], topic: `mcp/${name}`, description: "", instances };
}

const keys = (known: ReadonlyMap<string, string>, ...servers: readonly ListedServer[]) =>
  rowsOf(servers, known).map((row) => row[4]);

Deno.test("nobody is told of keys where there are none", () => {
  assert.deepEqual(keys(new Map(), server("a", undefined)), ["DESCRIPTION", ""]);
});

Deno.test("a key that a server shows is unverified, unless the user knows it", () => {
  const known = new Map([["a", "mcp1a"], ["b", "mcp1b"], ["c", "mcp1c"]]);
  const servers = [server("a", "mcp1a"), server("b", "mcp1b", "mcp1x"), server("c", undefined), server("d", "mcp1d")];
  assert.deepEqual(keys(known, ...servers), ["KEY", "known", "differs", "differs", "unverified"]);
  assert.deepEqual(keys(new Map(), server("a", "mcp1a"), server("b", undefined)), ["KEY", "unverified", "-"]);
});

Deno.test("a server that does not show its known key is told of, and no other", () => {
  const known = new Map([["a", "mcp1a"], ["b", "mcp1b"]]);
  const problems = keyProblems([server("a", "mcp1a"), server("b", "mcp1x"), server("c", "mcp1c")], known);
  assert.deepEqual(problems.map((problem) => problem.slice(0, 36)), ["b does not show the key that --known"]);
});

Deno.test("an instance of the open convention, where nothing is sealed, does not make a known key differ", () => {
  const { instances, ...both } = server("a", "mcp1a");
  const open = { id: "o", profile: "mcp-over-mqtt", topic: "$mcp-server/o/a", since: undefined };
  assert.deepEqual(keys(new Map([["a", "mcp1a"]]), { ...both, instances: [...instances, open] }), ["KEY", "known"]);
});

Deno.test("a change says what the key is worth", () => {
  const place = { profile: "request-response", topic: "t", instance: "i", address: "a", description: "" };
  const line = (sealed: string) =>
    changeLine({ ...place, online: true, serverName: "a", meta: { sealed } }, new Map([["a", "mcp1a"]])).slice(20);
  assert.equal(line("mcp1a"), "+ a  request-response  i  key known\n");
  assert.equal(line("mcp1x"), "+ a  request-response  i  key differs\n");
});
