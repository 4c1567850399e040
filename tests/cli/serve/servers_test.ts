import assert from "node:assert/strict";
import { SERVE } from "../../../src/cli/serve/command.ts";
import { readServers } from "../../../src/cli/serve/servers.ts";
import { resolve } from "../../../src/config/mod.ts";

function servers(flags: Record<string, unknown>, operands: string[] = []) {
  return readServers(resolve(SERVE.settings, { flags, environment: () => undefined }), operands);
}

Deno.test("a file of servers is read once, also when their topics wait for the client id", async () => {
  const config = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(config, '{"mcpServers":{"a":{"command":"x"},"{client}":{"command":"y"}}}');
  const { as, namesClient } = await servers({ config, topic: "b/{client}" });
  await Deno.remove(config);
  assert.ok(namesClient);
  for (const id of ["dev-1", "dev-2"]) {
    assert.deepEqual(as(id).map(({ address }) => address.options.topic), [`b/${id}/a`, `b/${id}/${id}`]);
  }
});

Deno.test("a file of servers may have comments and trailing commas, as those of hosts", async () => {
  const config = await Deno.makeTempFile({ suffix: ".json" });
  const text =
    '\uFEFF{\n  // the file server\n  "mcpServers": {"a": {"command": "x", /* none */ "args": ["//y",],},},\n}\n';
  await Deno.writeTextFile(config, text);
  const [served] = (await servers({ config })).as("dev-1");
  assert.deepEqual([served?.entry.command, served?.entry.args], ["x", ["//y"]]);
  await Deno.writeTextFile(config, text.replace("//y", '//y" "z'));
  await assert.rejects(servers({ config }), /--config .* cannot be read as a JSON object: look at line 3 column 66$/);
  await Deno.writeTextFile(config, "");
  await assert.rejects(servers({ config }), /--config .* cannot be read as a JSON object/);
  await Deno.remove(config);
});

Deno.test("a client id in the name of an entry is noticed too", async () => {
  const config = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(config, '{"mcpServers":{"{client}":{"command":"y"}}}');
  const { as, namesClient } = await servers({ config });
  await Deno.remove(config);
  assert.ok(namesClient);
  assert.deepEqual(as("dev-1").map(({ address }) => address.label), ["dev-1"]);
});

Deno.test("the server of a command line has the name of its address", async () => {
  const { as, namesClient } = await servers({ topic: "plant/files", cwd: "/srv" }, ["npx", "x"]);
  assert.ok(!namesClient);
  assert.deepEqual(as("dev-1").map(({ entry }) => entry), [
    { name: "files", command: "npx", args: ["x"], environment: {}, directory: "/srv" },
  ]);
});
