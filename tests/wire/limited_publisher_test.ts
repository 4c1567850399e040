import assert from "node:assert/strict";
import type { MqttLink, PublishOutcome } from "../../src/mqtt/mod.ts";
import { LimitedPublisher } from "../../src/wire/limited_publisher.ts";

Deno.test("while 256 packets are on their way, no more are published", () => {
  const outcomes: PublishOutcome[] = [];
  const link = { publish: (_packet: unknown, done: PublishOutcome) => void outcomes.push(done) };
  const publisher = new LimitedPublisher(link as unknown as MqttLink);
  const publish = () => publisher.publish({ topic: "t", payload: new Uint8Array(), qos: 1 });
  for (let count = 0; count < 1_000; count++) publish();
  assert.equal(outcomes.length, 256);
  outcomes[0]?.();
  for (let count = 0; count < 1_000; count++) publish();
  assert.equal(outcomes.length, 257);
});
