import assert from "node:assert/strict";
import type { ReceivedPacket } from "../../../src/mqtt/mod.ts";
import { type BufferLimits, ByteBudget, MessageBuffer } from "../../../src/tools/subscriptions/message_buffer.ts";

function packet(topic: string, bytes = 0): ReceivedPacket {
  return { topic, payload: new Uint8Array(bytes), qos: 0, retain: false, properties: {} };
}

function limits(some: Partial<BufferLimits> = {}): BufferLimits {
  return { messages: 1_000, bytes: 1_000_000, shared: new ByteBudget(Infinity), ...some };
}

const topics = (packets: readonly ReceivedPacket[]) => packets.map(({ topic }) => topic);

Deno.test("messages leave in the order in which they came", () => {
  const buffer = new MessageBuffer(limits());
  for (const topic of ["a", "b", "c"]) buffer.push(packet(topic));
  assert.deepEqual(topics(buffer.take(2)), ["a", "b"]);
  buffer.push(packet("d"));
  assert.deepEqual(topics(buffer.take()), ["c", "d"]);
  assert.equal(buffer.size, 0);
});

Deno.test("the oldest message makes room for the newest, and is counted once", () => {
  const buffer = new MessageBuffer(limits({ messages: 2 }));
  for (const topic of ["a", "b", "c", "d"]) buffer.push(packet(topic));
  assert.equal(buffer.takeDropped(), 2);
  assert.equal(buffer.takeDropped(), 0);
  assert.deepEqual(topics(buffer.take()), ["c", "d"]);
});

Deno.test("bytes are limited too, and a message that is larger than all of them is dropped", () => {
  const buffer = new MessageBuffer(limits({ bytes: 10_000 }));
  for (const topic of ["a", "b", "c"]) buffer.push(packet(topic, 4_000));
  assert.equal(buffer.takeDropped(), 1);
  buffer.push(packet("huge", 10_001));
  assert.equal(buffer.size, 0);
  assert.equal(buffer.takeDropped(), 3);
});

Deno.test("several buffers share a limit, and give back what they no longer hold", () => {
  const shared = new ByteBudget(10_000);
  const one = new MessageBuffer(limits({ shared }));
  const other = new MessageBuffer(limits({ shared }));
  for (let number = 0; number < 3; number++) one.push(packet("a", 2_500));
  other.push(packet("b", 5_000));
  assert.equal(other.size, 0);
  assert.equal(other.takeDropped(), 1);
  one[Symbol.dispose]();
  assert.equal(shared.used, 0);
  other.push(packet("b", 5_000));
  assert.equal(other.size, 1);
});

Deno.test("a million messages through a small buffer cost a small buffer", () => {
  const shared = new ByteBudget(Infinity);
  const buffer = new MessageBuffer(limits({ messages: 100, shared }));
  const message = packet("a", 10);
  for (let number = 0; number < 1_000_000; number++) buffer.push(message);
  assert.equal(buffer.size, 100);
  assert.equal(buffer.takeDropped(), 999_900);
  assert.ok(shared.used < 100 * 300);
});
