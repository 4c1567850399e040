import assert from "node:assert/strict";
import type { MqttLink, PublishOutcome } from "../../src/mqtt/mod.ts";
import { LimitedPublisher } from "../../src/wire/limited_publisher.ts";
import { ManualClock } from "../support/manual_clock.ts";

function limited() {
  const clock = new ManualClock();
  const outcomes: PublishOutcome[] = [];
  const link = { publish: (_packet: unknown, done: PublishOutcome) => void outcomes.push(done) };
  const publisher = new LimitedPublisher(link as unknown as MqttLink, clock);
  const publish = () => publisher.publish({ topic: "t", payload: new Uint8Array(), qos: 1 });
  /** How many of 1,000 answers to a client are allowed. */
  const allowed = (client: string) =>
    Array.from({ length: 1_000 }, () => publisher.allows(client)).filter(Boolean).length;
  return { clock, outcomes, publisher, publish, allowed };
}

Deno.test("while 256 packets are on their way, no more are published, and no client is answered", () => {
  const { outcomes, publish, publisher } = limited();
  for (let count = 0; count < 1_000; count++) publish();
  assert.equal(outcomes.length, 256);
  assert.equal(publisher.allows("a"), false);
  outcomes[0]?.();
  assert.equal(publisher.allows("a"), true);
  for (let count = 0; count < 1_000; count++) publish();
  assert.equal(outcomes.length, 257);
});

Deno.test("a client is answered 20 times a second, and leaves most of 200 answers to others", async () => {
  const { clock, allowed } = limited();
  assert.equal(allowed("a"), 40);
  const others = Array.from({ length: 100 }, (_, index) => allowed(`c${index}`));
  assert.equal(others.reduce((sum, count) => sum + count), 360);
  await clock.advance(1_000);
  assert.equal(allowed("a"), 20);
  assert.equal(allowed("b"), 40);
});
