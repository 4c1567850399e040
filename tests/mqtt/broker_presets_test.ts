import assert from "node:assert/strict";
import { LARGEST_PACKET } from "../../src/mqtt/broker_presets.ts";
import { BROKER_PRESETS } from "../../src/mqtt/mod.ts";
import { limits } from "../support/fake_connection.ts";

Deno.test("what a broker does not mention is available", () => {
  assert.deepEqual(limits({}), {
    protocolVersion: 5,
    maximumQoS: 2,
    retainAvailable: true,
    wildcardSubscriptionAvailable: true,
    sharedSubscriptionAvailable: true,
    subscriptionIdentifiersAvailable: true,
    maximumPacketSize: LARGEST_PACKET,
    receiveMaximum: 65_000,
    keepAlive: 60,
    userProperties: {},
  });
});

Deno.test("what a broker says counts", () => {
  const answer = {
    maximumQoS: 0,
    retainAvailable: false,
    wildcardSubscriptionAvailable: false,
    sharedSubscriptionAvailable: false,
    subscriptionIdentifiersAvailable: false,
    maximumPacketSize: 1_000,
    receiveMaximum: 1,
    userProperties: { a: ["1", "2"] },
  } as const;
  assert.deepEqual(limits({ ...answer, serverKeepAlive: 0 }), { protocolVersion: 5, keepAlive: 0, ...answer });
});

Deno.test("a profile makes up for what its brokers do not say", () => {
  const aws = limits({ maximumPacketSize: 149_504 }, BROKER_PRESETS.aws);
  assert.deepEqual([aws.maximumQoS, aws.maximumPacketSize], [1, 131_072]);
  const small = limits({ maximumPacketSize: 1_000, maximumQoS: 0 }, BROKER_PRESETS.azure);
  assert.deepEqual([small.maximumQoS, small.maximumPacketSize], [0, 1_000]);
  assert.equal(limits({}, BROKER_PRESETS.rabbitmq).sharedSubscriptionAvailable, false);
  assert.equal(
    limits({ sharedSubscriptionAvailable: true }, BROKER_PRESETS.rabbitmq).sharedSubscriptionAvailable,
    true,
  );
});

Deno.test("every profile is described", () => {
  for (const [name, { description }] of Object.entries(BROKER_PRESETS)) assert.notEqual(description, "", name);
});
