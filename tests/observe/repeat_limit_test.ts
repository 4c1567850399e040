import assert from "node:assert/strict";
import { RepeatLimit } from "../../src/observe/repeat_limit.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("20 of a kind pass in ten seconds; those behind them are counted, and then it begins anew", async () => {
  const clock = new ManualClock();
  const told: [string, number][] = [];
  using limit = new RepeatLimit((kind, count) => told.push([kind, count]), clock);
  const passed = (kind: string, times: number) =>
    Array.from({ length: times }, () => limit.pass(kind)).filter(Boolean).length;
  assert.equal(passed("a", 500), 20);
  assert.equal(passed("b", 20), 20);
  await clock.advance(10_000);
  assert.deepEqual(told, [["a", 480]]);
  assert.equal(passed("a", 1), 1);
  assert.equal(clock.timers, 1);
});

Deno.test("what was not told is told at the end, and no timer is left", () => {
  const clock = new ManualClock();
  const told: [string, number][] = [];
  const limit = new RepeatLimit((kind, count) => told.push([kind, count]), clock);
  for (let count = 0; count < 21; count++) limit.pass("a");
  limit[Symbol.dispose]();
  assert.deepEqual([told, clock.timers], [[["a", 1]], 0]);
});
