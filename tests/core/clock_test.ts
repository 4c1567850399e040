import assert from "node:assert/strict";
import { every, systemClock } from "../../src/core/clock.ts";
import { ManualClock } from "../support/manual_clock.ts";

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

Deno.test("every() calls back until it is stopped", () => {
  const clock = new ManualClock();
  let calls = 0;
  const stop = every(10, () => calls++, clock);
  clock.elapse(35);
  assert.equal(calls, 3);
  stop();
  clock.elapse(100);
  assert.equal(calls, 3);
});

Deno.test("every() can be stopped by what it calls", () => {
  const clock = new ManualClock();
  let calls = 0;
  const stop = every(10, () => {
    calls++;
    stop();
  }, clock);
  clock.elapse(100);
  assert.equal(calls, 1);
});

Deno.test("the timers of a program that has just started are as good, and a cancelled one does not keep it running", async () => {
  const program = `
    import { systemClock } from ${JSON.stringify(import.meta.resolve("../../src/core/clock.ts"))};
    const times = [];
    systemClock.after(60_000, () => times.push("cancelled"))();
    systemClock.after(30, () => console.log([...times, "second"].join()));
    systemClock.after(-1, () => times.push("first"));
    systemClock.after(NaN, () => {});
    systemClock.after(0.5, () => times.push("soon"));
  `;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", program] }).output();
  assert.equal(new TextDecoder().decode(stdout), "first,soon,second\n");
});
