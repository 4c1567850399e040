import assert from "node:assert/strict";
import { effectiveArguments } from "../../src/cli/mod.ts";

Deno.test("called by the name mqtt-smcp-server, the program is the tool server", () => {
  for (const executable of ["/usr/bin/mqtt-smcp-server", "mqtt-smcp-server", "C:\\bin\\mqtt-smcp-server.exe"]) {
    assert.deepEqual(effectiveArguments(executable, []), ["tools"]);
    assert.deepEqual(effectiveArguments(executable, ["--credentials-schema"]), ["tools", "--credentials-schema"]);
  }
});

Deno.test("called by any other name, it does what its arguments say", () => {
  for (
    const executable of ["/usr/bin/mcp-mqtt-proxy", "/usr/bin/deno", "/mqtt-smcp-server/deno", "mqtt-smcp-server2", ""]
  ) {
    assert.deepEqual(effectiveArguments(executable, ["serve", "--name", "x"]), ["serve", "--name", "x"]);
    assert.deepEqual(effectiveArguments(executable, []), []);
  }
});
