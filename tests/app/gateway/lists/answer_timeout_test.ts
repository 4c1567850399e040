import assert from "node:assert/strict";
import { AnswerTimeout } from "../../../../src/app/gateway/lists/answer_timeout.ts";
import { idleTurns, ManualClock } from "../../../support/manual_clock.ts";

const MUTE = new Promise<never>(() => {});

/** Asks servers that do not answer. Returns whether the host had to wait. */
async function waits(timeout: AnswerTimeout, clock: ManualClock, ...servers: string[]): Promise<boolean> {
  let done = false;
  const waiting = timeout.wait(servers.map((server) => [server, MUTE])).then(() => done = true);
  await idleTurns();
  const hasWaited = !done;
  if (hasWaited) await clock.advance(5_000);
  await waiting;
  return hasWaited;
}

Deno.test("a host waits once for a server that does not answer, and again when it has answered since", async () => {
  const clock = new ManualClock();
  const timeout = new AnswerTimeout(clock);
  assert.equal(await waits(timeout, clock, "a"), true);
  assert.equal(await waits(timeout, clock, "a"), false);
  await timeout.wait([["a", Promise.resolve()]]);
  await idleTurns();
  assert.equal(await waits(timeout, clock, "a"), true);
});

Deno.test("of more than ten thousand servers that do not answer, the first are forgotten", async () => {
  const clock = new ManualClock();
  const timeout = new AnswerTimeout(clock);
  await waits(timeout, clock, "first", ...Array.from({ length: 10_000 }, (_, index) => `s${index}`));
  assert.equal(await waits(timeout, clock, "s0"), false);
  assert.equal(await waits(timeout, clock, "first"), true);
});
