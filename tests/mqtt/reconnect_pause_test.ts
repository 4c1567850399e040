import assert from "node:assert/strict";
import { type AttemptOutcome, ReconnectPause } from "../../src/mqtt/reconnect_pause.ts";
import { idleTurns, ManualClock } from "../support/manual_clock.ts";

/** The pauses between attempts that all come to `outcome`, until `limit` ms have passed. */
async function pauses(outcome: AttemptOutcome, limit: number, random = 1): Promise<number[]> {
  const clock = new ManualClock();
  const pause = new ReconnectPause(clock, () => random);
  const { signal } = new AbortController();
  const all: number[] = [];
  while (clock.now() - 1_000 < limit) {
    const next = pause.after(outcome);
    all.push(next);
    const ended = pause.wait(next, outcome, signal);
    await clock.advance(next);
    await ended;
  }
  return all;
}

Deno.test("a broker that cannot be reached is asked every two seconds for a minute, then every 30 seconds", async () => {
  const all = await pauses("unreachable", 200_000);
  assert.deepEqual(all.slice(0, 4), [500, 1_000, 2_000, 2_000]);
  const [first, ...later] = all.filter((pause) => pause > 2_000);
  assert.deepEqual([first, ...new Set(later)], [30_000, 30_000]);
  assert.equal(all.indexOf(30_000), 32);
});

Deno.test("a broker that refuses us is asked less and less, up to once in a minute", async () => {
  assert.deepEqual(await pauses("refused", 120_000), [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
  assert.deepEqual(await pauses("unchanged", 120_000), [60_000, 60_000]);
});

Deno.test("every pause is spread over its upper half", async () => {
  for (const outcome of ["unreachable", "refused", "unchanged"] as const) {
    const [shortest, longest] = [await pauses(outcome, 100_000, 0), await pauses(outcome, 100_000, 1)];
    assert.equal(shortest[0], (longest[0] ?? 0) / 2);
    assert.equal(Math.max(...shortest), Math.max(...longest) / 2);
  }
});

/** A pause of 30 s that has just begun. */
async function longPause(outcome: AttemptOutcome) {
  const clock = new ManualClock();
  const pause = new ReconnectPause(clock, () => 1);
  pause.after(outcome);
  await clock.advance(60_000);
  for (let time = 0; time < 10; time++) pause.after(outcome);
  let ended = false;
  void pause.wait(30_000, outcome, new AbortController().signal).then(() => ended = true);
  return { clock, pause, ended: () => ended };
}

Deno.test("when somebody waits, the next attempt is made two seconds after the last one, or at once", async () => {
  for (const waited of [500, 10_000]) {
    const { clock, pause, ended } = await longPause("unreachable");
    await clock.advance(waited);
    pause.hurry();
    pause.hurry();
    await clock.advance(Math.max(0, 1_999 - waited));
    assert.equal(ended(), waited > 2_000);
    await clock.advance(1);
    assert.equal(ended(), true);
    assert.equal(pause.after("unreachable"), 2_000, "and so on, while somebody waits");
  }
});

Deno.test("whoever waits does not make us hammer on a broker that refuses us", async () => {
  const { clock, pause, ended } = await longPause("refused");
  pause.hurry();
  await clock.advance(29_999);
  assert.equal(ended(), false);
  await clock.advance(1);
  assert.equal(ended(), true);
});

Deno.test("the end of a link ends its pause", async () => {
  const clock = new ManualClock();
  const pause = new ReconnectPause(clock, () => 1);
  const abort = new AbortController();
  const ended = pause.wait(1_000, "unreachable", abort.signal);
  abort.abort();
  await ended;
  await idleTurns();
  assert.equal(clock.timers, 0);
});
