import assert from "node:assert/strict";
import { CALL } from "../../../src/cli/call/command.ts";
import { callTarget } from "../../../src/cli/call/operands.ts";
import { GATEWAY } from "../../../src/cli/gateway/command.ts";
import { flagName, isSwitch, resolve, type Setting } from "../../../src/config/mod.ts";

const KEY = "mcp1abc";

function withGateway(flags: Readonly<Record<string, unknown>>, variables: Readonly<Record<string, string>> = {}) {
  const all = { gateway: true, ...flags };
  const values = resolve(CALL.settings, { flags: all, environment: (name) => variables[name] });
  return callTarget(values, all, ["find_tools"]);
}

/** What `call` has for a server, and the gateway has not. */
const FOREIGN = Object.entries<Setting>(CALL.settings)
  .filter(([name]) => !(name in GATEWAY.settings) && !(name in (CALL.groups["Call:"] ?? {})));

for (const [name, setting] of FOREIGN) {
  Deno.test(`call --gateway refuses ${flagName(setting)}, which is about one server`, () => {
    const remedy = new RegExp(`remove (?:it, or )?${flagName(setting)}$`);
    assert.throws(() => withGateway({ [name]: isSwitch(setting) ? true : "x" }), remedy);
  });
}

Deno.test("call --gateway names all that is to be removed at once", () => {
  assert.throws(() => withGateway({ topic: "t", serverId: "i", serverKey: KEY }), (error: Error) => {
    assert.match(error.message, /takes the keys of servers from --known-servers: remove --server-key$/m);
    assert.match(error.message, /is about all servers: remove it, or --topic, --server-id$/m);
    return true;
  });
});

Deno.test("call --gateway ignores variables that name a server, but never a key: its session would not be sealed", () => {
  const { values } = withGateway({}, { MCP_MQTT_NAME: "x", MCP_MQTT_SERVER_ID: "i", MCP_MQTT_REQUEST_TOPIC: "r" });
  assert.deepEqual([values.name, values.serverId, values.requestTopic], ["gateway", undefined, undefined]);
  assert.throws(
    () => withGateway({}, { MCP_MQTT_SERVER_KEY: KEY }),
    /remove --server-key \(from MCP_MQTT_SERVER_KEY\)$/,
  );
});
