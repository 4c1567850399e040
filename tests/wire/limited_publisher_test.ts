import assert from "node:assert/strict";
import type { MqttLink, PublishOutcome } from "../../src/mqtt/mod.ts";
import { LimitedPublisher } from "../../src/wire/limited_publisher.ts";
import { ManualClock } from "../support/manual_clock.ts";

function limited() {
  const clock = new ManualClock();
  const outcomes: PublishOutcome[] = [];
  const link = { publish: (_packet: unknown, done: PublishOutcome) => void outcomes.push(done) };
  const publisher = new LimitedPublisher(link as unknown as MqttLink, clock);
  const publish = () => {
    for (let count = 0; count < 1_000; count++) {
      publisher.publish({ topic: "t", payload: new Uint8Array(), qos: 1 });
    }
    assert.equal(publisher.ready, false);
    return outcomes.length;
  };
  return { clock, outcomes, publisher, publish };
}

Deno.test("while 256 packets are on their way, no more are published", () => {
  const { outcomes, publish } = limited();
  assert.equal(publish(), 256);
  outcomes[0]?.();
  assert.equal(publish(), 257);
});

Deno.test("400 packets are published at once, and then 200 a second", async () => {
  const { clock, outcomes, publish, publisher } = limited();
  publish();
  for (const done of outcomes) done();
  assert.equal(publish(), 400);
  for (const done of outcomes.slice(256)) done();
  await clock.advance(500);
  assert.equal(publisher.ready, true);
  assert.equal(publish(), 500);
});
