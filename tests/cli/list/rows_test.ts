import assert from "node:assert/strict";
import type { ListedServer } from "../../../src/app/list/server_registry.ts";
import { rowsOf } from "../../../src/cli/list/rows.ts";

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
  assert.deepEqual(keys(known, ...servers), ["KEY", "known", "NOT THE KNOWN ONE", "NOT THE KNOWN ONE", "unverified"]);
  assert.deepEqual(keys(new Map(), server("a", "mcp1a"), server("b", undefined)), ["KEY", "unverified", "-"]);
});
