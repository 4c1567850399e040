import assert from "node:assert/strict";
import { LingeringChannel } from "../../src/app/lingering_channel.ts";
import { Message } from "../../src/core/message.ts";
import { LineChannel } from "../../src/stdio/mod.ts";
import { Feed, Record } from "../support/bytes.ts";
import { idleTurns, ManualClock } from "../support/manual_clock.ts";

/** A host that has asked with these ids and ended its side. */
async function hostnameOf(...ids: unknown[]) {
  const [input, output, clock] = [new Feed(), new Record(), new ManualClock()];
  const channel = new LingeringChannel(
    new LineChannel(input, output, { maxMessage: 1_000, tooLong: () => {} }),
    5_000,
    clock,
  );
  let ended = false;
  void channel.closed.then(() => ended = true);
  channel.receive(() => {});
  for (const id of ids) input.push(`${JSON.stringify({ jsonrpc: "2.0", id, method: "x" })}\n`);
  input.end();
  await idleTurns();
  const answer = async (id: unknown) => {
    void channel.send(Message.from({ jsonrpc: "2.0", id, result: {} }));
    await idleTurns();
  };
  const answers = () =>
    output.writes.join("").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  return { channel, clock, answer, answers, isEnded: () => ended };
}

Deno.test("the end of a host's side is held back until it has its answers, and no longer", async () => {
  const { clock, answer, answers, isEnded } = await hostnameOf(0, "0");
  await answer(0);
  await clock.advance(4_999);
  assert.equal(isEnded(), false);
  await answer("0");
  assert.equal(isEnded(), true);
  assert.deepEqual(answers().map(({ id }) => id), [0, "0"]);
  assert.equal(clock.timers, 0);
});

Deno.test("a host that waits for nothing has ended at once", async () => {
  assert.equal((await hostnameOf()).isEnded(), true);
});

Deno.test("what takes too long is answered with an error, once", async () => {
  const { clock, answer, answers, isEnded } = await hostnameOf(1, 2);
  await answer(1);
  await clock.advance(5_000);
  assert.equal(isEnded(), true);
  await answer(2);
  const [, { id, error }, ...more] = answers();
  assert.deepEqual([id, error.data.reason, more], [2, "timed-out", []]);
  assert.match(error.message, /ended its input, and no answer came within 5 s/);
});

Deno.test("closing does not wait", async () => {
  const { channel, clock, answers, isEnded } = await hostnameOf(1);
  await channel.close();
  await idleTurns();
  assert.equal(isEnded(), true);
  assert.deepEqual([answers(), clock.timers], [[], 0]);
});

Deno.test("the requests of a batch are waited for like any others", async () => {
  const [input, output, clock] = [new Feed(), new Record(), new ManualClock()];
  const lines = new LineChannel(input, output, { maxMessage: 1_000, tooLong: () => {} });
  const channel = new LingeringChannel(lines, 5_000, clock);
  let ended = false;
  void channel.closed.then(() => ended = true);
  channel.receive(() => {});
  input.push('[{"jsonrpc":"2.0","id":1,"method":"x"},{"jsonrpc":"2.0","id":2,"method":"x"}]\n');
  input.end();
  await idleTurns();
  assert.equal(ended, false);
  void channel.send(Message.from('[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"result":{}}]'));
  await idleTurns();
  assert.equal(ended, true);
});
