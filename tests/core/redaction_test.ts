import assert from "node:assert/strict";
import { redactor } from "../../src/core/redaction.ts";
import { Secret } from "../../src/core/secret.ts";

const redact = redactor([
  ["MQTT_BROKER", new Secret("10.0.0.7")],
  ["MQTT_USER", new Secret("u")],
  ["MQTT_PASS", new Secret("a+b (c) $& [d]")],
  ["EMPTY", new Secret("")],
]);

Deno.test("a secret in a text is replaced by its name", () => {
  assert.equal(redact("connect ECONNREFUSED 10.0.0.7:1883"), "connect ECONNREFUSED [MQTT_BROKER]:1883");
  assert.equal(redact("wrong: a+b (c) $& [d]!"), "wrong: [MQTT_PASS]!");
});

Deno.test("a short secret is found as a whole word only", () => {
  assert.equal(redact("user u must not subscribe"), "user [MQTT_USER] must not subscribe");
});

Deno.test("a long secret is found wherever it is", () => {
  assert.equal(redact("x10.0.0.7y"), "x[MQTT_BROKER]y");
});

Deno.test("the longest secret wins where one contains another", () => {
  const both = redactor([["SHORT", new Secret("mqtt")], ["LONG", new Secret("mqtt.local")]]);
  assert.equal(both("mqtt.local and mqtt"), "[LONG] and [SHORT]");
});

Deno.test("without secrets a text stays as it is", () => {
  assert.equal(redactor([])("as it is"), "as it is");
});
