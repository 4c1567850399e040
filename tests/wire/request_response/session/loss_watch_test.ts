import assert from "node:assert/strict";
import type { ProxyEvent } from "../../../../src/core/events.ts";
import type { Frame } from "../../../../src/wire/request_response/session/frame.ts";
import { type LossVerdict, LossWatch, MOST_LOSSES } from "../../../../src/wire/request_response/session/loss_watch.ts";
import { PathLimit, SMALLEST_LIMIT } from "../../../../src/wire/request_response/session/path_limit.ts";
import { behind, START } from "../../../../src/wire/request_response/session/position.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

function watch() {
  const clock = new ManualClock();
  const events: ProxyEvent[] = [];
  const limit = new PathLimit((event) => events.push(event));
  return { clock, events, limit, losses: new LossWatch(limit, clock) };
}

const packet = (bytes: number, batch?: number): Frame => ({
  payload: new Uint8Array(bytes),
  ...(batch === undefined ? {} : { batch }),
});

/** Sends message 1 and loses it until something else than the same is to be done. */
function lose({ clock, limit, losses }: ReturnType<typeof watch>, bytes: number, batch?: number): LossVerdict[] {
  const verdicts: LossVerdict[] = [];
  do {
    losses.sent(packet(Math.min(bytes, limit.maximum), batch), 1);
    clock.elapse(1_000);
    verdicts.push(losses.missing(START));
  } while (verdicts.at(-1) === "repeat");
  return verdicts;
}

Deno.test("a large packet that is lost twice is cut, and from then on with each loss, down to 4 KiB", () => {
  const parts = watch();
  assert.deepEqual(lose(parts, 30_000), ["repeat", "cut"]);
  assert.equal(parts.limit.maximum, 15_000);
  assert.deepEqual(lose(parts, 30_000), ["cut"]);
  assert.deepEqual(lose(parts, 30_000), ["cut"]);
  assert.equal(parts.limit.maximum, SMALLEST_LIMIT);
  assert.equal(lose(parts, 30_000).at(-1), "never");
});

Deno.test("the broker is asked for its opinion when a large packet goes out again", () => {
  const { clock, losses } = watch();
  assert.equal(losses.sent(packet(30_000), 1), false);
  clock.elapse(1_000);
  losses.missing(START);
  assert.equal(losses.sent(packet(30_000), 1), true);
  assert.equal(losses.sent(packet(30_000), 2), false, "of what is behind it nothing is known");
});

Deno.test("a small packet is sent again some times before it is given up, and those of a batch one by one", () => {
  assert.deepEqual(lose(watch(), 100), [...Array(MOST_LOSSES - 1).fill("repeat"), "never"]);
  const parts = watch();
  assert.equal(lose(parts, 100, 3).at(-1), "separate");
  assert.equal(lose(parts, 100).at(-1), "never");
});

Deno.test("what the peer says before the packet can have arrived is no second loss", () => {
  const { clock, losses, limit } = watch();
  losses.sent(packet(30_000), 1);
  clock.elapse(1_000);
  for (let count = 0; count < 5; count++) {
    assert.equal(losses.missing(START), "repeat");
    losses.sent(packet(30_000), 1);
  }
  assert.equal(limit.maximum, Infinity);
});

Deno.test("what was lost with its connection is no sign; twice with the same packet is, and then it is cut small", () => {
  const { losses, limit } = watch();
  losses.sent(packet(800_000), 1);
  losses.closed(START, 800_000);
  assert.equal(losses.missing(START), "repeat");
  assert.equal(losses.sent(packet(800_000), 1), false);
  assert.equal(limit.maximum, Infinity);
  losses.closed(START, 800_000);
  assert.equal(limit.maximum, 100_000);
});

Deno.test("a loss that is followed by an arrival is forgotten", () => {
  const { clock, losses, limit } = watch();
  losses.sent(packet(30_000), 1);
  clock.elapse(1_000);
  losses.missing(START);
  losses.arrived(behind(1));
  losses.sent(packet(30_000), 2);
  clock.elapse(1_000);
  assert.equal(losses.missing(behind(1)), "repeat");
  assert.equal(limit.maximum, Infinity);
});

Deno.test("a refusal is as good as two losses; what is learned is said once, when it helps", () => {
  const { events, losses, limit } = watch();
  assert.equal(losses.refused(START, packet(60_000)), "cut");
  assert.equal(losses.refused(START, packet(30_000)), "cut");
  assert.equal(events.length, 0);
  losses.arrived(behind(1));
  losses.arrived(behind(2));
  assert.equal(limit.maximum, 15_000);
  assert.equal(events.length, 1);
  const [event] = events;
  assert.ok(event?.type === "warning");
  assert.match(event.text, /drops messages of 30000 bytes.* at most 15000.*--max-packet 15000.*message_size_limit/);
  assert.equal(losses.refused(behind(2), packet(100)), "never");
});
