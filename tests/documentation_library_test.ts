/**
 * What the documents say of the library, and what the library says of itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { MqttClientOptions, MqttGatewayOptions, MqttOptions, MqttServerOptions } from "../mod.ts";
import { FACE_SETTINGS, FLEET_SETTINGS, POOL_SETTINGS, TOOL_POLICY_SETTINGS } from "../src/app/gateway/settings.ts";
import {
  AUTHORIZED_KEY_SETTINGS,
  BROKER_SETTINGS,
  CONNECT_SETTINGS,
  flagName,
  KNOWN_SERVER_SETTINGS,
  MESSAGE_SETTINGS,
  SERVE_SETTINGS,
  type Settings,
  TRACE_CONTEXT_SETTINGS,
} from "../src/config/mod.ts";
import { ADDRESS_SETTINGS } from "../src/wire/mod.ts";
import { codeBlocksOf, codeIn, DOCUMENTS, table } from "./support/documentation.ts";
import { embeddedBroker } from "./support/embedded_broker.ts";

const CONFIGURATION = fileURLToPath(new URL("../deno.json", import.meta.url));
const LIBRARY = new URL("../mod.ts", import.meta.url).href;

/** Each of the options, and the setting that it is; whether these are all, the compiler sees. */
const { passwordFile: _file, keyCommand: _command, ...BROKER } = BROKER_SETTINGS;
const { description, meta, share, noShare, closedTopic, sessionExpiry } = SERVE_SETTINGS;
const BOTH: Record<keyof MqttOptions, unknown> = {
  ...BROKER,
  ...ADDRESS_SETTINGS,
  ...MESSAGE_SETTINGS,
  ...TRACE_CONTEXT_SETTINGS,
  observe: undefined,
};
const OF_CLIENT: Record<Exclude<keyof MqttClientOptions, keyof MqttOptions>, unknown> = {
  ...CONNECT_SETTINGS,
  serverKey: KNOWN_SERVER_SETTINGS.serverKey,
};
const OF_SERVER: Record<Exclude<keyof MqttServerOptions, keyof MqttOptions>, unknown> = {
  ...{ description, meta, share, noShare, closedTopic, sessionExpiry },
  ...AUTHORIZED_KEY_SETTINGS,
};

const { serverId: _id, noDiscovery: _discovery, ...SESSIONS } = CONNECT_SETTINGS;
const OF_GATEWAY: Record<Exclude<keyof MqttGatewayOptions, keyof MqttOptions>, unknown> = {
  ...FLEET_SETTINGS,
  ...FACE_SETTINGS,
  ...TOOL_POLICY_SETTINGS,
  ...POOL_SETTINGS,
  ...SESSIONS,
  knownServers: KNOWN_SERVER_SETTINGS.knownServers,
};

for (
  const [title, options] of [
    ["option of both", BOTH],
    ["option of `mqttClientTransport`", OF_CLIENT],
    ["option of `mqttGatewayTransport`", OF_GATEWAY],
    ["option of `serveMqtt`", OF_SERVER],
  ] as const
) {
  Deno.test(`every ${title} has its row, with the flag that means the same`, () => {
    const rows = table(title).rows.map(([name, flag]) => [codeIn(name), codeIn(flag)]);
    const expected = Object.entries(options as Settings).map((
      [name, setting],
    ) => [name, setting === undefined ? "" : flagName(setting)]);
    assert.deepEqual(rows.toSorted(), expected.toSorted());
  });
}

Deno.test("the one program in the documents works", async () => {
  const programs = DOCUMENTS.flatMap((document) => codeBlocksOf(document, "ts"));
  assert.equal(programs.length, 1);
  await using broker = await embeddedBroker();
  const [program = ""] = programs;
  const directory = await Deno.makeTempDir();
  const file = `${directory}/program.ts`;
  const local = program.replace("jsr:@x/mcp-mqtt-proxy", LIBRARY).replace("mqtt://127.0.0.1:1883", broker.url);
  await Deno.writeTextFile(file, local);
  try {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--check", "--quiet", "--config", CONFIGURATION, file],
      env: { NO_COLOR: "1" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.match(new TextDecoder().decode(stdout), /^\[ "mcp\/clock\/request",[^]*\{ type: "text", text: "20\d\d-/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("everything in the public library is documented, and refers to what is public or the SDK's", async () => {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", "mod.ts"],
    cwd: new URL("..", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  const problems = [...text.matchAll(/^error\[.*/gm)].map(([line]) => line);
  assert.deepEqual(
    problems,
    ["mqttClientTransport", "mqttGatewayTransport", "serveMqtt"].map((name) =>
      `error[private-type-ref]: public type '${name}' references private type 'Transport'`
    ),
  );
});
