import assert from "node:assert/strict";
import { receiveCredentials, type Reception } from "../../src/smcp/mod.ts";
import type { Credentials } from "../../src/core/secret.ts";
import { Feed, readAll, Record } from "../support/bytes.ts";
import { ManualClock } from "../support/manual_clock.ts";

interface Handshake {
  readonly input: Feed;
  readonly output: Record;
  readonly clock: ManualClock;
  readonly result: Promise<Reception<Credentials>>;
}

function start(problem?: string): Handshake {
  const [input, output, clock] = [new Feed(), new Record(), new ManualClock()];
  const read = (credentials: Credentials) => problem === undefined ? { value: credentials } : { problem };
  return { input, output, clock, result: receiveCredentials({ input, output, read, clock }) };
}

function revealed(reception: Reception<Credentials>): unknown {
  assert.equal(reception.type, "accepted");
  return Object.fromEntries([...reception.value].map(([key, secret]) => [key, secret.reveal()]));
}

Deno.test("the child says +READY, takes one line of JSON and says +OK, each in a write of its own", async () => {
  const { input, output, clock, result } = start();
  await output.written(1);
  assert.deepEqual(output.writes, ["+READY\n"]);
  input.push('{"MQTT_BROKER":"mqtt.local","MQTT_PASS":"sécret"}\n');
  assert.deepEqual(revealed(await result), { MQTT_BROKER: "mqtt.local", MQTT_PASS: "sécret" });
  assert.deepEqual(output.writes, ["+READY\n", "+OK\n"]);
  assert.equal(clock.timers, 0);
});

Deno.test("a number and a boolean count as their text", async () => {
  const { input, result } = start();
  input.push('{"MQTT_PORT":1883,"MQTT_TLS":true,"MQTT_PASS":0}\n');
  assert.deepEqual(revealed(await result), { MQTT_PORT: "1883", MQTT_TLS: "true", MQTT_PASS: "0" });
});

Deno.test("bytes behind the credentials line are not lost, even in the same read", async () => {
  const { input, result } = start();
  input.push('{"A":"1"}\n{"jsonrpc":"2.0","id":1,"method":"ini').push('tialize"}\n').end();
  const reception = await result;
  assert.equal(reception.type, "accepted");
  assert.equal(await readAll(reception.input), '{"jsonrpc":"2.0","id":1,"method":"initialize"}\n');
});

Deno.test("the line may come in pieces, with a carriage return, or without a newline at the very end", async () => {
  const pieces = start();
  for (const character of '{"A":"ü"}\r\n') pieces.input.push(character);
  assert.deepEqual(revealed(await pieces.result), { A: "ü" });
  const last = start();
  last.input.push('{"A":"1"}').end();
  assert.deepEqual(revealed(await last.result), { A: "1" });
});

const REFUSALS: [what: string, input: string, answer: string][] = [
  ["text", "hello\n", "INVALID_JSON"],
  ["an empty line", "\n", "INVALID_JSON"],
  ["an unfinished object", '{"A":\n', "INVALID_JSON"],
  ["a list", '["A"]\n', "INVALID_FORMAT"],
  ["null", "null\n", "INVALID_FORMAT"],
  ["a string", '"A"\n', "INVALID_FORMAT"],
  ["a value that is null", '{"MQTT_PORT":null}\n', "INVALID_FORMAT"],
  ["a value that is a list", '{"MQTT_PORT":[1883]}\n', "INVALID_FORMAT"],
  ["a value that is an object", '{"A":{"B":"C"}}\n', "INVALID_FORMAT"],
  ["more than a megabyte without a newline", `{"A":"${"x".repeat(1024 * 1024)}`, "INVALID_FORMAT"],
];

for (const [what, text, answer] of REFUSALS) {
  Deno.test(`${what} in place of credentials is answered +ERR ${answer}`, async () => {
    const { input, output, result } = start();
    input.push(text);
    assert.deepEqual(await result, { type: "refused", message: answer });
    assert.deepEqual(output.writes, ["+READY\n", `+ERR ${answer}\n`]);
  });
}

Deno.test("bytes that are not UTF-8 are answered +ERR INVALID_JSON", async () => {
  const output = new Record();
  let reads = 0;
  const input = { read: () => Promise.resolve(reads++ === 0 ? Uint8Array.of(0x22, 0xff, 0x22, 0x0a) : undefined) };
  const result = await receiveCredentials({ input, output, read: (value) => ({ value }) });
  assert.deepEqual(result, { type: "refused", message: "INVALID_JSON" });
});

Deno.test("an input that ends at once is answered +ERR NO_INPUT", async () => {
  const { input, output, result } = start();
  input.end();
  assert.deepEqual(await result, { type: "refused", message: "NO_INPUT" });
  assert.deepEqual(output.writes, ["+READY\n", "+ERR NO_INPUT\n"]);
});

Deno.test("a parent that says nothing for 5 s is answered +ERR TIMEOUT", async () => {
  const { input, output, clock, result } = start();
  await output.written(1);
  input.push('{"A":');
  clock.elapse(4_999);
  assert.equal(output.writes.length, 1);
  clock.elapse(1);
  assert.deepEqual(await result, { type: "refused", message: "TIMEOUT" });
  assert.deepEqual(output.writes, ["+READY\n", "+ERR TIMEOUT\n"]);
});

Deno.test("credentials that will not do are answered +ERR and why", async () => {
  const { input, output, result } = start("MQTT_BROKER is required");
  input.push("{}\n");
  assert.deepEqual(await result, { type: "refused", message: "MQTT_BROKER is required" });
  assert.deepEqual(output.writes, ["+READY\n", "+ERR MQTT_BROKER is required\n"]);
});

Deno.test("a parent that speaks MCP instead is recognised, and nothing of what it said is lost", async () => {
  const { input, output, result } = start();
  const text = '{"jsonrpc":"2.0","id":1,"method":"initialize"}\n{"jsonrpc":"2.0","id":2,"method":"x"}\n';
  input.push(text).end();
  const reception = await result;
  assert.equal(reception.type, "mcp");
  assert.equal(await readAll(reception.input), text);
  assert.deepEqual(output.writes, ["+READY\n"]);
});

Deno.test("the bytes of the credentials line are overwritten once it is read", async () => {
  const bytes = new TextEncoder().encode('{"MQTT_PASS":"secret"}\nrest');
  let reads = 0;
  const input = { read: () => Promise.resolve(reads++ === 0 ? bytes : undefined) };
  await receiveCredentials({ input, output: new Record(), read: (value) => ({ value }) });
  assert.equal(new TextDecoder().decode(bytes), "\0".repeat(22) + "\nrest");
});
