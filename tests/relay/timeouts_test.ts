import assert from "node:assert/strict";
import { recommendedTimeout } from "../../src/relay/timeouts.ts";

/** In s: MCP over MQTT, specification 2025-03-26, "Timeouts". */
const RECOMMENDED: Readonly<Record<string, number>> = {
  "initialize": 30,
  "ping": 10,
  "roots/list": 30,
  "resources/list": 30,
  "resources/templates/list": 30,
  "tools/list": 30,
  "prompts/list": 30,
  "prompts/get": 30,
  "sampling/createMessage": 60,
  "resources/read": 30,
  "resources/subscribe": 30,
  "tools/call": 60,
  "completion/complete": 60,
  "logging/setLevel": 30,
};

Deno.test("a request has the time that the convention recommends for its method", () => {
  for (const [method, seconds] of Object.entries(RECOMMENDED)) {
    assert.equal(recommendedTimeout(method), seconds * 1_000, method);
  }
});

Deno.test("a method that nobody has heard of has the longest of them, whatever it is called", () => {
  for (const method of ["", "server/discover", "Tools/list", "constructor", "__proto__", "toString", "ping "]) {
    assert.equal(recommendedTimeout(method), 60_000, method);
  }
});
