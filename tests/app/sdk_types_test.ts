import assert from "node:assert/strict";
import { mqttClientTransport } from "../../mod.ts";

Deno.test("the transports have the SDK's types, not any: the compiler refuses what they are not", () => {
  // @ts-expect-error -- a transport is no number, which passes for one only if the type is lost
  const make: (options: { broker: string; name: string }) => number = mqttClientTransport;
  assert.equal(typeof make, "function");
});
