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

Deno.test("a secret is found in JSON, and line by line", () => {
  const lines = ["-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "-----END PRIVATE KEY-----"];
  const key = redactor([["MQTT_KEY", new Secret(lines.join("\n"))]]);
  assert.equal(key(`{"key":${JSON.stringify(lines.join("\n"))}}`), '{"key":"[MQTT_KEY]"}');
  assert.equal(key(`here it is:\n  ${lines[1]}\n${lines[2]}`), `here it is:\n[MQTT_KEY]\n${lines[2]}`);
  assert.equal(key(`before ${lines.join("\n")} behind`), "before [MQTT_KEY] behind");
});

Deno.test("a short secret between letters is passed over, and found behind them", () => {
  const short = redactor([["A", new Secret("ab")]]);
  assert.equal(short("xab abab ab-ab 𝒳ab ab"), "xab abab [A]-[A] 𝒳ab [A]");
});

Deno.test("many and large secrets are taken out in time that is linear in them", () => {
  const bundle = Array.from({ length: 5_000 }, (_, index) => String(index).padStart(44, "x")).join("\n");
  const many = Array.from(
    { length: 2_000 },
    (_, index): [string, Secret] => [`K${index}`, new Secret(`value-${index}!`)],
  );
  const large = redactor([["MQTT_CA", new Secret(bundle)], ["MQTT_PASS", new Secret("(".repeat(300_000))], ...many]);
  assert.equal(large(`a ${bundle} b ${"(".repeat(300_000)} c value-7! d`), "a [MQTT_CA] b [MQTT_PASS] c [K7] d");
  const line = `the peer said ${"value-".repeat(10)}`;
  for (let count = 0; count < 1_000; count++) assert.equal(large(line), line);
});
