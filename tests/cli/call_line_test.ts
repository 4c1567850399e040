import assert from "node:assert/strict";
import { callLine } from "../../src/cli/call_line.ts";

const BROKER = "mqtt://127.0.0.1:1883";
const files = { name: "files", topic: undefined, broker: BROKER };

const CASES: readonly [what: string, line: string, expected: string][] = [
  ["a name, on the broker of this machine", callLine(files, { name: "files" }), "mcp-mqtt-proxy call files"],
  ["another broker", callLine({ ...files, broker: "mqtts://b" }, {}), "mcp-mqtt-proxy call files --broker mqtts://b"],
  ["a topic", callLine({ ...files, topic: "site/x" }, {}), "mcp-mqtt-proxy call --topic site/x"],
  ["a name with a space", callLine({ ...files, name: "it's a" }, {}), `mcp-mqtt-proxy call 'it'\\''s a'`],
  [
    "a login without its password, and how TLS is checked",
    callLine(files, { username: "me", password: "secret", passwordFile: "./p", ca: "ca.pem", insecureTls: true }),
    "mcp-mqtt-proxy call files --username me --password-file ./p --ca ca.pem --insecure-tls",
  ],
  [
    "what is the other command's alone",
    callLine(files, { clientId: "x", maxSessions: "3", status: "9100", env: ["A=secret"] }),
    "mcp-mqtt-proxy call files",
  ],
  [
    "only a name in the open convention",
    callLine({ ...files, name: undefined }, { serverName: "demo/echo", topicPrefix: "acme" }),
    "mcp-mqtt-proxy call --server-name demo/echo --topic-prefix acme",
  ],
];

for (const [what, line, expected] of CASES) {
  Deno.test(`the line for ${what} is: ${expected}`, () => assert.equal(line, expected));
}
