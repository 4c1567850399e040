import assert from "node:assert/strict";
import { Secret } from "../../src/core/secret.ts";
import { deliverCredentials } from "../../src/smcp/mod.ts";
import { Feed, readAll, Record } from "../support/bytes.ts";
import { ManualClock } from "../support/manual_clock.ts";

function start() {
  const [input, output, clock] = [new Feed(), new Record(), new ManualClock()];
  const skipped: number[] = [];
  const result = deliverCredentials({
    input,
    output,
    clock,
    credentials: new Map([["MQTT_BROKER", new Secret("mqtt.local")], ["MQTT_PASS", new Secret("sécret")]]),
    skipped: (bytes) => skipped.push(bytes),
  });
  return { input, output, clock, skipped, result };
}

const LINE = '{"MQTT_BROKER":"mqtt.local","MQTT_PASS":"sécret"}\n';

Deno.test("the parent waits for +READY, sends one line of JSON, and goes on after +OK", async () => {
  const { input, output, clock, result } = start();
  assert.deepEqual(output.writes, []);
  input.push("+READY\n");
  await output.written(1);
  assert.deepEqual(output.writes, [LINE]);
  input.push('+OK\n{"jsonrpc":"2.0",').push('"method":"x"}\n').end();
  assert.equal(await readAll(await result), '{"jsonrpc":"2.0","method":"x"}\n');
  assert.equal(clock.timers, 0);
});

Deno.test("the words may come in pieces, together, or with carriage returns", async () => {
  const { input, output, result } = start();
  input.push("+REA").push("DY\r\n+OK\r").push("\nrest").end();
  assert.equal(await readAll(await result), "rest");
  assert.deepEqual(output.writes, [LINE]);
});

Deno.test("lines that are no part of the handshake are skipped, and the first of them is told of", async () => {
  const { input, skipped, result } = start();
  input.push("Welcome!\n+READY\n").push("connecting...\n+OK\n").end();
  assert.equal(await readAll(await result), "");
  assert.deepEqual(skipped, [8]);
});

Deno.test("a child that refuses is told of with its reason, without the values that it repeats", async () => {
  const { input, result } = start();
  input.push("+READY\n").push("+ERR cannot log in to mqtt.local with sécret\n");
  await assert.rejects(result, {
    reason: "child-not-started",
    message: "The SMCP handshake failed: the server process refused its credentials: " +
      "cannot log in to [MQTT_BROKER] with [MQTT_PASS]; check its credentials",
  });
});

Deno.test("a child that never says +READY is given up after 10 s", async () => {
  const { clock, output, result } = start();
  clock.elapse(10_000);
  await assert.rejects(result, {
    message: "The SMCP handshake failed: the server process did not say +READY within 10 s; is it an SMCP server?",
  });
  assert.deepEqual(output.writes, []);
});

Deno.test("a child that never says +OK is given up 5 s after it got its credentials", async () => {
  const { input, output, clock, result } = start();
  clock.elapse(9_000);
  input.push("+READY\n");
  await output.written(1);
  clock.elapse(5_000);
  await assert.rejects(result, /did not say \+OK within 5 s; check its credentials$/);
});

Deno.test("a child that ends during the handshake is told of at once", async () => {
  const { input, result } = start();
  input.push("usage: server FILE\n").end();
  await assert.rejects(result, /the server process ended before it said \+READY; is it an SMCP server\?$/);
});

Deno.test("a child that floods stdout without a line break is given up", async () => {
  const { input, result } = start();
  input.push("x".repeat(1024 * 1024 + 1));
  await assert.rejects(result, /sent more than 1048576 bytes without a line break/);
});
