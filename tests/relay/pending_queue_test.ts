import assert from "node:assert/strict";
import type { Message } from "../../src/core/message.ts";
import { PendingQueue } from "../../src/relay/pending_queue.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { request } from "../support/messages.ts";

function room(timeout: number) {
  const clock = new ManualClock();
  const expired: Message[] = [];
  const waiting = new PendingQueue(clock, timeout, (message) => expired.push(message));
  return { clock, waiting, expired: () => expired.map(({ id }) => id) };
}

Deno.test("messages leave in order, and nobody is left behind", () => {
  const { clock, waiting } = room(100);
  for (const id of ["1", "2", "3"]) assert.equal(waiting.add(request(id)), undefined);
  assert.equal(waiting.first?.id, "1");
  assert.deepEqual(waiting.takeAll().map(({ id }) => id), ["1", "2", "3"]);
  assert.equal(waiting.first, undefined);
  assert.deepEqual(waiting.takeAll(), []);
  assert.equal(clock.timers, 0);
});

Deno.test("each message waits as long as it may, and no longer", async () => {
  const { clock, waiting, expired } = room(100);
  waiting.add(request("1"));
  await clock.advance(60);
  waiting.add(request("2"));
  await clock.advance(39);
  assert.deepEqual(expired(), []);
  await clock.advance(1);
  assert.deepEqual(expired(), ["1"]);
  await clock.advance(60);
  assert.deepEqual(expired(), ["1", "2"]);
  assert.equal(clock.timers, 0);
});

Deno.test("without a limit messages wait for ever", async () => {
  const { clock, waiting, expired } = room(Infinity);
  waiting.add(request("1"));
  await clock.advance(1e12);
  assert.deepEqual(expired(), []);
  assert.deepEqual(waiting.takeAll().map(({ id }) => id), ["1"]);
});

Deno.test("whoever brings too much is asked to wait until the room is empty", async () => {
  const { clock, waiting } = room(100);
  const large = request("1", "tools/call", JSON.stringify("x".repeat(3 * 1024 * 1024)));
  assert.equal(waiting.add(large), undefined);
  let room_ = false;
  void waiting.add(large)?.then(() => room_ = true);
  await clock.advance(0);
  assert.equal(room_, false);
  await clock.advance(100);
  assert.equal(room_, true);
  assert.equal(waiting.add(large), undefined);
  waiting.takeAll();
});

Deno.test("whenEmpty() resolves when everybody has left, by either door", async () => {
  const { clock, waiting } = room(100);
  await waiting.whenEmpty();
  for (const leave of [() => waiting.takeAll(), () => clock.advance(100)]) {
    waiting.add(request("1"));
    let empty = false;
    void waiting.whenEmpty().then(() => empty = true);
    await clock.advance(0);
    assert.equal(empty, false);
    await leave();
    await clock.advance(0);
    assert.equal(empty, true);
  }
});

Deno.test("one that is removed leaves no trace, and whoever waits for the queue to be empty goes on", async () => {
  const { clock, waiting, expired } = room(100);
  for (const id of ["1", "2"]) waiting.add(request(id));
  assert.equal(waiting.remove(3), false);
  assert.equal(waiting.remove(1), true);
  assert.equal(waiting.first?.id, "2");
  const empty = waiting.whenEmpty();
  assert.equal(waiting.remove(2), true);
  await empty;
  assert.equal(clock.timers, 0);
  assert.deepEqual(expired(), []);
});
