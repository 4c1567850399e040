import assert from "node:assert/strict";
import { orAborted, orLate, sleep, waitAtMost } from "../../src/core/waiting.ts";
import { ManualClock } from "../support/manual_clock.ts";

const NEVER = new Promise<never>(() => {});

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

Deno.test("waitAtMost() waits for the work, or for the limit, and never rejects", async () => {
  const clock = new ManualClock();
  await waitAtMost(Promise.resolve(), 100, clock);
  await waitAtMost(Promise.reject(new Error("failed")), 100, clock);
  assert.equal(clock.timers, 0);
  let over = false;
  void waitAtMost(NEVER, 100, clock).then(() => over = true);
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

Deno.test("orLate() gives the outcome of the work, or what is said when the time is over", async () => {
  const clock = new ManualClock();
  assert.equal(await orLate(Promise.resolve(7), 100, () => "late", { clock }), 7);
  await assert.rejects(orLate(Promise.reject(new Error("failed")), 100, () => "late", { clock }), {
    message: "failed",
  });
  const value = orLate(NEVER, 100, () => "late", { clock });
  const error = orLate(NEVER, 100, () => {
    throw new Error("too late");
  }, { clock });
  const rejection = assert.rejects(error, { message: "too late" });
  await clock.advance(100);
  assert.equal(await value, "late");
  await rejection;
  assert.equal(clock.timers, 0);
});

Deno.test("orLate() ends with the reason of an abort, and leaves no timer behind", async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  const { signal } = abort;
  const waiting = orLate(NEVER, 100, () => "late", { signal, clock });
  abort.abort(new Error("enough"));
  await assert.rejects(waiting, { message: "enough" });
  await assert.rejects(orLate(Promise.resolve(7), 100, () => "late", { signal, clock }), { message: "enough" });
  assert.equal(clock.timers, 0);
});
