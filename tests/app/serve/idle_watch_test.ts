import assert from "node:assert/strict";
import { defaultIdleTimeout, IdleWatch } from "../../../src/app/serve/idle_watch.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { MemoryChannel } from "../../support/memory_channel.ts";
import { notification, request } from "../../support/messages.ts";

function watched(limit: number) {
  const clock = new ManualClock();
  const [inner, peer] = MemoryChannel.pair();
  const watch = new IdleWatch(inner, limit, () => false, clock);
  watch.receive(() => {});
  peer.receive(() => {});
  return { clock, watch, peer };
}

Deno.test("a channel on which nothing happens is ended with the reason", async () => {
  const { clock, watch, peer } = watched(1_000);
  await clock.advance(999);
  void peer.send(request("1"));
  await clock.advance(999);
  void watch.send(notification("notifications/x"));
  await clock.advance(999);
  assert.equal(clock.timers, 1);
  await clock.advance(1);
  const failure = await watch.closed;
  assert.equal(failure?.reason, "session-ended");
  assert.equal(failure?.message, "The session was idle for 1 s (--idle-timeout)");
  assert.equal(clock.timers, 0);
});

Deno.test("a channel on which somebody waits for an answer is not idle", async () => {
  const clock = new ManualClock();
  const [inner] = MemoryChannel.pair();
  let busy = true;
  const watch = new IdleWatch(inner, 1_000, () => busy, clock);
  let ended = false;
  void watch.closed.then(() => ended = true);
  await clock.advance(10_000);
  assert.equal(ended, false);
  busy = false;
  await clock.advance(1_000);
  assert.equal(ended, true);
});

Deno.test("a channel without a limit is left alone, and none leaves a timer behind", async () => {
  const patient = watched(Infinity);
  assert.equal(patient.clock.timers, 0);
  await patient.watch.close();
  const { clock, watch } = watched(1_000);
  await watch.close();
  await watch.closed;
  assert.equal(clock.timers, 0);
});

Deno.test("messages and backpressure pass as they are", async () => {
  const [inner, peer] = MemoryChannel.pair();
  const watch = new IdleWatch(inner, 1_000, () => false, new ManualClock());
  const ready = Promise.withResolvers<void>();
  watch.receive(() => ready.promise);
  peer.receive(() => ready.promise);
  assert.equal(peer.send(request("1")), ready.promise);
  assert.equal(watch.send(request("2")), ready.promise);
  ready.resolve();
  await watch[Symbol.asyncDispose]();
});

Deno.test("who has a will that we hear is never idle for too long, others are after an hour", () => {
  assert.equal(defaultIdleTimeout({ hasWill: true }), Infinity);
  assert.equal(defaultIdleTimeout({}), 3_600_000);
});
