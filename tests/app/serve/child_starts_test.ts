import assert from "node:assert/strict";
import { ChildStarts } from "../../../src/app/serve/child_starts.ts";
import { idleTurns, ManualClock } from "../../support/manual_clock.ts";

const NEVER = new Promise<never>(() => {});

/** Places for two, both taken, and who has had a turn since. */
function full() {
  const clock = new ManualClock();
  const starts = new ChildStarts(2, clock);
  const begun = [starts.begin(), starts.begin()];
  const turns: string[] = [];
  const wait = (client: string, over: Promise<unknown> = NEVER) =>
    starts.inTurn(client, over).then((started) =>
      void turns.push(started === undefined ? `${client} is over` : client)
    );
  return { clock, starts, begun, turns, wait };
}

Deno.test("a process may start when another has started", async () => {
  const { starts, begun, turns, wait } = full();
  assert.equal(starts.begin(), undefined);
  void wait("a");
  void wait("b");
  begun[0]?.();
  begun[0]?.(); // which counts once
  await idleTurns();
  assert.deepEqual(turns, ["a"]);
  begun[1]?.();
  await idleTurns();
  assert.deepEqual(turns, ["a", "b"]);
  assert.equal(starts.begin(), undefined);
});

Deno.test("a process that says nothing counts for a second", async () => {
  const { clock, turns, wait } = full();
  void wait("a");
  await clock.advance(999);
  assert.deepEqual(turns, []);
  await clock.advance(1);
  assert.deepEqual(turns, ["a"]);
  await clock.advance(1_000);
  assert.equal(clock.timers, 0);
});

Deno.test("each client has its turn, however many processes another waits for", async () => {
  const { clock, turns, wait } = full();
  for (let count = 0; count < 4; count++) void wait("greedy");
  void wait("modest");
  void wait("other");
  await clock.advance(3_000);
  assert.deepEqual(turns, ["greedy", "modest", "other", "greedy", "greedy", "greedy"]);
});

Deno.test("who does not want to start any more has no turn", async () => {
  const { clock, turns, wait } = full();
  const over = Promise.withResolvers<void>();
  void wait("a", over.promise);
  void wait("b");
  over.resolve();
  await idleTurns();
  assert.deepEqual(turns, ["a is over"]);
  await clock.advance(1_000);
  assert.deepEqual(turns, ["a is over", "b"]);
});

Deno.test("without a number, at least two processes may start at a time", () => {
  const starts = new ChildStarts(undefined, new ManualClock());
  assert.deepEqual([typeof starts.begin(), typeof starts.begin()], ["function", "function"]);
});
