import assert from "node:assert/strict";
import { Nudge } from "../../../src/mqtt/connection/nudge.ts";
import { ManualClock } from "../../support/manual_clock.ts";

function watched(): { clock: ManualClock; nudge: Nudge; sent: () => number } {
  const clock = new ManualClock();
  let count = 0;
  const nudge = new Nudge(() => {
    count++;
    nudge.sent();
  }, clock);
  return { clock, nudge, sent: () => count };
}

Deno.test("what is not answered within 2 ms gets the broker a packet, once", async () => {
  const { clock, nudge, sent } = watched();
  nudge.received(clock.now());
  await clock.advance(1.5);
  assert.equal(sent(), 0);
  await clock.advance(0.5);
  assert.equal(sent(), 1);
  await clock.advance(1_000);
  assert.deepEqual([sent(), clock.timers], [1, 0]);
});

Deno.test("an answer takes the place of it, and a busy time has one timer", async () => {
  const { clock, nudge, sent } = watched();
  for (let call = 0; call < 100; call++) {
    nudge.received(clock.now());
    assert.equal(clock.timers, 1);
    nudge.sent();
    await clock.advance(1);
  }
  await clock.advance(10);
  assert.deepEqual([sent(), clock.timers], [0, 0]);
});

Deno.test("while several packets come in each check and are answered, it is checked every 10 ms", async () => {
  const { clock, nudge, sent } = watched();
  let checks = 0;
  const after = clock.after.bind(clock);
  clock.after = (delay, callback) => {
    checks++;
    return after(delay, callback);
  };
  for (let call = 0; call < 200; call++) {
    nudge.received(clock.now());
    nudge.sent();
    await clock.advance(0.5);
  }
  assert.deepEqual([sent(), checks], [0, 11]);
  await clock.advance(20); // nothing comes any more
  assert.deepEqual([sent(), clock.timers], [0, 0]);
  nudge.received(clock.now());
  await clock.advance(2);
  assert.equal(sent(), 1);
});

Deno.test("in a busy time, what is not answered gets the broker a packet too", async () => {
  const { clock, nudge, sent } = watched();
  for (let call = 0; call < 6; call++) {
    nudge.received(clock.now());
    nudge.sent();
    await clock.advance(0.5);
  }
  nudge.received(clock.now());
  await clock.advance(10);
  assert.deepEqual([sent(), clock.timers], [1, 0]);
});

Deno.test("what has come less than 1 ms ago may still be answered", async () => {
  const { clock, nudge, sent } = watched();
  nudge.received(clock.now());
  nudge.sent();
  await clock.advance(1.5);
  nudge.received(clock.now());
  await clock.advance(0.5);
  assert.equal(sent(), 0);
  nudge.sent();
  await clock.advance(10);
  assert.equal(sent(), 0);
});

Deno.test("where more is to come, it is sent at the end of the turn, unless something else is", async () => {
  const { clock, nudge, sent } = watched();
  nudge.received(clock.now());
  nudge.expectMore();
  nudge.expectMore();
  assert.equal(sent(), 0);
  await Promise.resolve();
  assert.equal(sent(), 1);
  nudge.received(clock.now());
  nudge.expectMore();
  nudge.sent();
  await Promise.resolve();
  assert.equal(sent(), 1);
  nudge.stop();
  assert.equal(clock.timers, 0);
});
