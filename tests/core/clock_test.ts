import assert from "node:assert/strict";
import { orAborted, sleep, systemClock, withTimeLimit } from "../../src/core/clock.ts";
import { ManualClock } from "../support/manual_clock.ts";

const NEVER = new Promise<never>(() => {});

Deno.test("systemClock.after() calls back once, unless it is cancelled", async () => {
  let calls = 0;
  const cancel = systemClock.after(1, () => calls += 100);
  cancel();
  await new Promise<void>((resolve) =>
    systemClock.after(5, () => {
      calls++;
      resolve();
    })
  );
  assert.equal(calls, 1);
});

Deno.test("systemClock.after() does not take a delay without end for none", async () => {
  let called = false;
  const cancels = [Infinity, 2 ** 31, 1e15].map((delay) => systemClock.after(delay, () => called = true));
  await new Promise<void>((resolve) => systemClock.after(20, resolve));
  for (const cancel of cancels) cancel();
  assert.equal(called, false);
});

Deno.test("sleep() resolves when the time has passed, and leaves no timer behind", async () => {
  const clock = new ManualClock();
  let over = false;
  void sleep(100, new AbortController().signal, clock).then(() => over = true);
  await clock.advance(99);
  assert.equal(over, false);
  await clock.advance(1);
  assert.equal(over, true);
  assert.equal(clock.timers, 0);
});

Deno.test("sleep() ends with the reason of an abort, and leaves no timer behind", async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  const sleeping = sleep(100, abort.signal, clock);
  abort.abort(new Error("enough"));
  await assert.rejects(sleeping, { message: "enough" });
  assert.equal(clock.timers, 0);
  await assert.rejects(sleep(100, abort.signal, clock), { message: "enough" });
  assert.equal(clock.timers, 0);
});

Deno.test("withTimeLimit() waits for the work, or for the limit, and never rejects", async () => {
  const clock = new ManualClock();
  await withTimeLimit(Promise.resolve(), 100, clock);
  await withTimeLimit(Promise.reject(new Error("failed")), 100, clock);
  assert.equal(clock.timers, 0);
  let over = false;
  void withTimeLimit(NEVER, 100, clock).then(() => over = true);
  await clock.advance(99);
  assert.equal(over, false);
  await clock.advance(1);
  assert.equal(over, true);
});

Deno.test("orAborted() gives the outcome of the work, unless the abort comes first", async () => {
  const abort = new AbortController();
  assert.equal(await orAborted(Promise.resolve(7), abort.signal), 7);
  await assert.rejects(orAborted(Promise.reject(new Error("failed")), abort.signal), { message: "failed" });
  const waiting = orAborted(NEVER, abort.signal);
  abort.abort(new Error("enough"));
  await assert.rejects(waiting, { message: "enough" });
  await assert.rejects(orAborted(Promise.resolve(7), abort.signal), { message: "enough" });
});
