import assert from "node:assert/strict";
import { systemClock } from "../../src/core/clock.ts";

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
