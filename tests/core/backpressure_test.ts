import assert from "node:assert/strict";
import { Backpressure } from "../../src/core/backpressure.ts";
import { idleTurns } from "../support/manual_clock.ts";

/** Whether a producer that asked for room goes on. */
async function goesOn(room: Promise<void> | void): Promise<boolean> {
  let resolved = room === undefined;
  void room?.then(() => resolved = true);
  await idleTurns();
  return resolved;
}

Deno.test("up to the high-water mark a producer does not wait", async () => {
  const pressure = new Backpressure(10);
  pressure.add(10);
  assert.ok(await goesOn(pressure.room()));
  assert.equal(pressure.level, 10);
});

Deno.test("above it, producers wait until the level has fallen to the low-water mark", async () => {
  const pressure = new Backpressure(10, 4);
  pressure.add(11);
  const [first, second] = [pressure.room(), pressure.room()];
  assert.ok(!await goesOn(first));
  pressure.add(-6);
  assert.ok(!await goesOn(first), "five are above the low-water mark");
  pressure.add(-1);
  assert.ok(await goesOn(first));
  assert.ok(await goesOn(second));
});

Deno.test("reset() empties it, and release() lets producers go on though it is full", async () => {
  const pressure = new Backpressure(1);
  pressure.add(5);
  const waiting = pressure.room();
  pressure.release();
  assert.ok(await goesOn(waiting));
  assert.equal(pressure.level, 5);
  const again = pressure.room();
  pressure.reset();
  assert.ok(await goesOn(again));
  assert.equal(pressure.level, 0);
});
