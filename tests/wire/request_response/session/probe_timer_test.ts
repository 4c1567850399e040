import assert from "node:assert/strict";
import { ProbeTimer } from "../../../../src/wire/request_response/session/probe_timer.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

function started() {
  const clock = new ManualClock();
  const begun = clock.now();
  const asked: number[] = [];
  const timer = new ProbeTimer({ needed: () => true, ask: () => asked.push(clock.now() - begun), clock });
  timer.start();
  return { clock, timer, asked };
}

Deno.test("a peer that acknowledges nothing is asked after 1 s, and then less and less often", async () => {
  const { clock, timer, asked } = started();
  await clock.advance(36_000);
  timer.stop();
  assert.deepEqual(asked, [1_000, 3_000, 7_000, 15_000, 25_000, 35_000]);
  assert.equal(clock.timers, 0);
});

Deno.test("after a sign of life it is asked after 1 s again, however long the last wait was", async () => {
  const { clock, timer, asked } = started();
  await clock.advance(15_500);
  timer.restart();
  await clock.advance(1_500);
  timer.stop();
  assert.deepEqual(asked, [1_000, 3_000, 7_000, 15_000, 16_500]);
});

Deno.test("signs of life that follow each other leave the timer running", async () => {
  const { clock, timer, asked } = started();
  for (let time = 0; time < 100; time++) {
    await clock.advance(100);
    timer.restart();
    assert.equal(clock.timers, 1);
  }
  timer.stop();
  assert.deepEqual(asked, []);
});
