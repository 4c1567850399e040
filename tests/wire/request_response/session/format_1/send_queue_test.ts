import assert from "node:assert/strict";
import {
  SendQueue,
  WINDOW_BYTES,
  WINDOW_ITEMS,
} from "../../../../../src/wire/request_response/session/format_1/send_queue.ts";
import { idleTurns } from "../../../../support/manual_clock.ts";
import { fc, holds } from "../../../../support/properties.ts";

/** A queue of `count` items of `size` bytes, which are called by their numbers. */
function queueOf(count: number, size = 1): SendQueue<number> {
  const queue = new SendQueue<number>();
  for (let number = 1; number <= count; number++) queue.push(number, size);
  return queue;
}

/** Everything that may go out now. */
function takeAll(queue: SendQueue<number>): number[] {
  const numbers: number[] = [];
  for (let entry = queue.take(); entry !== undefined; entry = queue.take()) {
    assert.equal(entry.item, entry.sequence);
    numbers.push(entry.sequence);
  }
  return numbers;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

Deno.test("items go out once, in order, with the numbers 1, 2, 3", () => {
  const queue = queueOf(3);
  assert.deepEqual([queue.highest, queue.awaitsAcknowledgement], [0, false]);
  assert.deepEqual(takeAll(queue), [1, 2, 3]);
  assert.deepEqual([queue.highest, queue.awaitsAcknowledgement], [3, true]);
  queue.push(4, 1);
  assert.deepEqual(takeAll(queue), [4]);
});

Deno.test("what is acknowledged is forgotten, and only what has gone out can be", () => {
  const queue = queueOf(5);
  for (let taken = 0; taken < 3; taken++) queue.take();
  assert.equal(queue.acknowledge(4), false, "it has never gone out");
  assert.equal(queue.acknowledge(0), false);
  assert.equal(queue.acknowledge(2), true);
  assert.equal(queue.acknowledge(2), false, "it is no news");
  assert.equal(queue.acknowledge(1), false);
  assert.deepEqual([queue.highest, queue.awaitsAcknowledgement], [3, true]);
  assert.deepEqual(queue.after(0), [3, 4, 5]);
  assert.equal(queue.acknowledge(3), true);
  assert.equal(queue.awaitsAcknowledgement, false);
  assert.deepEqual(takeAll(queue), [4, 5]);
});

Deno.test("no more items are out unacknowledged than the window has room for", () => {
  const queue = queueOf(WINDOW_ITEMS + 10);
  assert.deepEqual(takeAll(queue), range(1, WINDOW_ITEMS));
  queue.acknowledge(3);
  assert.deepEqual(takeAll(queue), range(WINDOW_ITEMS + 1, WINDOW_ITEMS + 3));
});

Deno.test("no more bytes are out unacknowledged than the window has room for", () => {
  const queue = queueOf(6, WINDOW_BYTES / 4);
  assert.deepEqual(takeAll(queue), [1, 2, 3, 4]);
  queue.acknowledge(1);
  assert.deepEqual(takeAll(queue), [5]);
});

Deno.test("an item larger than the window goes out alone", () => {
  const queue = new SendQueue<number>();
  queue.push(1, 10);
  queue.push(2, WINDOW_BYTES + 1);
  queue.push(3, 10);
  assert.deepEqual(takeAll(queue), [1]);
  queue.acknowledge(1);
  assert.deepEqual(takeAll(queue), [2]);
  queue.acknowledge(2);
  assert.deepEqual(takeAll(queue), [3]);
});

Deno.test("after a rewind, what is behind goes out again, what is acknowledged does not", () => {
  const queue = queueOf(5);
  takeAll(queue);
  assert.equal(queue.rewind(3), 2);
  assert.deepEqual(takeAll(queue), [4, 5]);
  queue.acknowledge(2);
  assert.equal(queue.rewind(0), 3);
  assert.equal(queue.highest, 5, "it has been out");
  assert.deepEqual(takeAll(queue), [3, 4, 5]);
  assert.equal(queue.rewind(5), 0);
  assert.equal(queue.rewind(99), 0);
  assert.deepEqual(takeAll(queue), []);
});

Deno.test("what is acknowledged after a rewind does not go out again", () => {
  const queue = queueOf(5);
  takeAll(queue);
  queue.rewind(0);
  assert.equal(queue.acknowledge(3), true);
  assert.deepEqual(takeAll(queue), [4, 5]);
});

Deno.test("a rewind gives the window's bytes back", () => {
  const queue = queueOf(8, WINDOW_BYTES / 4);
  takeAll(queue);
  queue.rewind(2);
  assert.deepEqual(takeAll(queue), [3, 4]);
  queue.rewind(0);
  queue.acknowledge(4);
  assert.deepEqual(takeAll(queue), [5, 6, 7, 8]);
});

Deno.test("what comes after a number is known, whether it has gone out or not", () => {
  const queue = queueOf(4);
  queue.take();
  queue.take();
  assert.deepEqual([queue.after(0), queue.after(1), queue.after(4)], [[1, 2, 3, 4], [2, 3, 4], []]);
});

for (
  const [what, count, size, enough] of [
    ["items", 2 * WINDOW_ITEMS, 1, WINDOW_ITEMS],
    ["bytes", 8, WINDOW_BYTES / 4, 4],
  ] as const
) {
  Deno.test(`a sender waits above twice the window's ${what}, until there is one window's worth again`, async () => {
    const queue = queueOf(count, size);
    assert.equal(queue.room(), undefined);
    queue.push(count + 1, size);
    let room = false;
    const promise = queue.room();
    assert.ok(promise !== undefined);
    assert.equal(queue.room(), promise, "everybody waits for the same");
    void promise.then(() => room = true);
    for (let number = 1; number <= count + 1; number++) {
      takeAll(queue);
      queue.acknowledge(number);
      await idleTurns();
      const left = count + 1 - number;
      assert.equal(room, left <= enough, `with ${left} left`);
    }
    assert.equal(queue.room(), undefined);
  });
}

Deno.test("when the queue is released, nobody waits any more", async () => {
  const queue = queueOf(2 * WINDOW_ITEMS + 1);
  const room = queue.room();
  queue.release();
  await room;
  queue.release();
});

type Step = { do: "push"; size: number } | { do: "take" } | { do: "acknowledge" | "rewind"; at: number };

const number = fc.integer({ min: 0, max: 40 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("push" as const), size: fc.integer({ min: 0, max: WINDOW_BYTES / 2 }) }),
  fc.record({ do: fc.constant("take" as const) }),
  fc.record({ do: fc.constantFrom("acknowledge" as const, "rewind" as const), at: number }),
);

Deno.test("whatever happens, the window is kept, and everything can be sent in the end", () => {
  holds(fc.array(step, { maxLength: 200 }), (steps) => {
    const queue = new SendQueue<number>();
    const sizes: number[] = [];
    const out = new Set<number>();
    let acknowledged = 0;
    for (const step of steps) {
      if (step.do === "push") queue.push(sizes.push(step.size), step.size);
      else if (step.do === "rewind") {
        const again = [...out].filter((sequence) => sequence > Math.max(step.at, acknowledged));
        assert.equal(queue.rewind(step.at), again.length);
        for (const sequence of again) out.delete(sequence);
      } else if (step.do === "acknowledge") {
        const news = step.at > acknowledged && step.at <= queue.highest;
        assert.equal(queue.acknowledge(step.at), news);
        if (!news) continue;
        acknowledged = step.at;
        for (const sequence of [...out].filter((sequence) => sequence <= step.at)) out.delete(sequence);
      } else {
        const entry = queue.take();
        if (entry === undefined) continue;
        assert.equal(entry.sequence, Math.max(acknowledged, ...out) + 1, "in order");
        out.add(entry.sequence);
        const bytes = [...out].reduce((sum, sequence) => sum + (sizes[sequence - 1] ?? 0), 0);
        assert.ok(out.size <= WINDOW_ITEMS && (out.size === 1 || bytes <= WINDOW_BYTES));
      }
    }
    for (let sequence = acknowledged + 1; sequence <= sizes.length; sequence++) {
      takeAll(queue);
      assert.equal(queue.acknowledge(sequence), true);
    }
    assert.deepEqual([queue.after(0), queue.awaitsAcknowledgement], [[], false]);
  });
});
