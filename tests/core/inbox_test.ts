import assert from "node:assert/strict";
import { Inbox } from "../../src/core/inbox.ts";
import { Message } from "../../src/core/message.ts";
import { idleTurns } from "../support/manual_clock.ts";
import { fc, holdsAsync } from "../support/properties.ts";

function message(number: number): Message {
  return Message.from({ jsonrpc: "2.0", method: "n", params: { number } });
}

function numberOf(message: Message): number {
  return (message.parse() as { params: { number: number } }).params.number;
}

Deno.test("an inbox keeps what comes before its receiver, and hands it over in order", () => {
  const inbox = new Inbox();
  const got: number[] = [];
  inbox.push(message(1));
  inbox.push(message(2));
  assert.ok(inbox.bytes > 0);
  inbox.start((incoming) => void got.push(numberOf(incoming)));
  inbox.push(message(3));
  assert.deepEqual(got, [1, 2, 3]);
  assert.equal(inbox.bytes, 0);
});

Deno.test("an inbox hands over nothing while its receiver asks it to wait, and counts what it keeps", async () => {
  const inbox = new Inbox();
  const got: number[] = [];
  let ready = Promise.withResolvers<void>();
  inbox.start((incoming) => {
    got.push(numberOf(incoming));
    return ready.promise;
  });
  for (const number of [1, 2, 3]) inbox.push(message(number));
  await idleTurns();
  assert.deepEqual(got, [1]);
  assert.equal(inbox.bytes, 2 * 1024); // a message costs more than its few bytes
  const first = ready;
  ready = Promise.withResolvers();
  first.resolve();
  await idleTurns();
  assert.deepEqual(got, [1, 2]);
  ready.resolve();
  await idleTurns();
  assert.deepEqual(got, [1, 2, 3]);
  assert.equal(inbox.bytes, 0);
});

Deno.test("an inbox gives back what nobody has taken", () => {
  const inbox = new Inbox();
  for (const number of [1, 2]) inbox.push(message(number));
  assert.deepEqual(inbox.takeAll().map(numberOf), [1, 2]);
  assert.equal(inbox.bytes, 0);
  const got: number[] = [];
  inbox.start((incoming) => void got.push(numberOf(incoming)));
  assert.deepEqual(got, []);
});

Deno.test("an inbox keeps the order whatever its receiver waits for", async () => {
  await holdsAsync(fc.array(fc.nat(3), { maxLength: 40 }), async (waits) => {
    const inbox = new Inbox();
    const got: number[] = [];
    inbox.start((incoming) => {
      const number = numberOf(incoming);
      got.push(number);
      const wait = waits[number] ?? 0;
      return wait === 0 ? undefined : turns(wait);
    });
    for (const number of waits.keys()) {
      inbox.push(message(number));
      if (waits[number] === 1) await undefined;
    }
    while (got.length < waits.length) await idleTurns();
    assert.deepEqual(got, [...waits.keys()]);
  });
});

Deno.test("an inbox takes a very long queue in linear time", () => {
  const inbox = new Inbox();
  const one = message(1);
  const count = 300_000;
  for (let number = 0; number < count; number++) inbox.push(one);
  let got = 0;
  const start = performance.now();
  inbox.start(() => void got++);
  assert.equal(got, count);
  assert.ok(performance.now() - start < 5_000, "it took more than 5 s, where 0.05 s would do");
});

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

Deno.test("an inbox asks to wait above 1 MiB, until there is room or nobody takes the messages any more", async () => {
  const inbox = new Inbox();
  const large = Message.from({ jsonrpc: "2.0", method: "n", params: { text: "x".repeat(600_000) } });
  inbox.push(large);
  assert.equal(inbox.room(), undefined);
  inbox.push(large);
  const room = inbox.room();
  assert.ok(room instanceof Promise);
  inbox.start(() => {});
  await room;
  assert.equal(inbox.room(), undefined);
  assert.equal(inbox.ready, true);

  const unused = new Inbox();
  for (let count = 0; count < 2; count++) unused.push(large);
  const waits = unused.room();
  assert.equal(unused.ready, false);
  unused.takeAll();
  await waits;
});
