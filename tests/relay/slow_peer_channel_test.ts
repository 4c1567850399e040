import assert from "node:assert/strict";
import { SlowPeerChannel } from "../../src/relay/mod.ts";
import { idleTurns, ManualClock } from "../support/manual_clock.ts";
import { MemoryChannel } from "../support/memory_channel.ts";
import { request } from "../support/messages.ts";

function unhurried() {
  const clock = new ManualClock();
  const [inner, peer] = MemoryChannel.pair();
  const channel = new SlowPeerChannel(inner, clock);
  const waits: PromiseWithResolvers<void>[] = [];
  peer.receive(() => {
    waits.push(Promise.withResolvers());
    return waits.at(-1)?.promise;
  });
  return { clock, channel, waits };
}

Deno.test("work that nobody holds up is waited for until it ends, or the time is over", async () => {
  for (const ends of [true, false]) {
    const { clock, channel } = unhurried();
    const work = Promise.withResolvers<void>();
    let over = false;
    void channel.waitAtMost(work.promise, 1_000).then(() => over = true);
    await clock.advance(999);
    assert.equal(over, false);
    if (ends) work.resolve();
    else await clock.advance(1);
    await idleTurns();
    assert.equal(over, true);
    assert.equal(clock.timers, 0);
  }
});

Deno.test("as long as the peer hesitates to take something, its time does not count", async () => {
  const { clock, channel, waits } = unhurried();
  const wait = channel.send(request("1"));
  assert.ok(wait instanceof Promise);
  let over = false;
  void channel.waitAtMost(new Promise(() => {}), 1_000).then(() => over = true);
  await clock.advance(10_000);
  waits[0]?.resolve();
  await wait;
  await clock.advance(999);
  assert.equal(over, false);
  await clock.advance(1_001);
  assert.equal(over, true);
});
