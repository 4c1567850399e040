import assert from "node:assert/strict";
import type { Message } from "../../../src/core/message.ts";
import { Pace } from "../../../src/wire/mcp_over_mqtt/pace.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { response } from "../../support/messages.ts";

function paced() {
  const clock = new ManualClock();
  const pings: Message[] = [];
  const pace = new Pace(clock, (ping) => pings.push(ping));
  /** Sends so many messages, and tells how many of them were asked to wait. */
  const send = (count: number) => Array.from({ length: count }, () => pace.sent()).filter(Boolean).length;
  const answer = () => pace.takes(response(pings.at(-1)?.id ?? ""));
  return { clock, pings, pace, send, answer };
}

Deno.test("behind many messages there is a ping, and its answer lets the next ones go", async () => {
  const { clock, pings, pace, send, answer } = paced();
  assert.equal(send(299), 0);
  const wait = pace.sent();
  assert.ok(wait instanceof Promise);
  assert.deepEqual(pings.map(({ method }) => method), ["ping"]);
  assert.equal(pace.takes(response('"another"')), false);
  assert.equal(answer(), true);
  await wait;
  assert.equal(clock.timers, 0);
  assert.equal(send(299), 0);
  assert.equal(send(1), 1);
  assert.equal(pings.length, 2);
  pace.end();
  assert.equal(clock.timers, 0);
});

Deno.test("messages that come one after the other need no ping", async () => {
  const { clock, pings, send } = paced();
  for (let times = 0; times < 20; times++) {
    send(200);
    await clock.advance(10_001);
  }
  assert.equal(pings.length, 0);
});

Deno.test("a peer that never answers pings is waited for once", async () => {
  const { clock, pings, pace, send } = paced();
  send(299);
  const wait = pace.sent();
  await clock.advance(10_000);
  await wait;
  assert.equal(send(3_000), 0);
  assert.equal(pings.length, 1);
});

Deno.test("a peer that has answered before is waited for, but not for ever", async () => {
  const { clock, pings, pace, send, answer } = paced();
  send(300);
  answer();
  for (const round of [2, 3]) {
    send(299);
    const wait = pace.sent();
    await clock.advance(10_000);
    await wait;
    assert.equal(pings.length, round);
  }
});
