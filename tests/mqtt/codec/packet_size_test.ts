import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generate, type IPublishPacket } from "mqtt-packet";
import type { PublishPacket, QoS } from "../../../src/mqtt/link.ts";
import { publishSize } from "../../../src/mqtt/codec/packet_size.ts";
import { fc, holds } from "../../support/properties.ts";

/** The size of the packet that really goes out. */
function realSize({ topic, payload, qos, retain = false, properties = {} }: PublishPacket): number {
  const { correlationData, ...rest } = properties;
  const packet = {
    cmd: "publish",
    topic,
    payload: Buffer.from(payload),
    qos,
    retain,
    dup: false,
    messageId: 1,
    properties: correlationData === undefined ? rest : { ...rest, correlationData: Buffer.from(correlationData) },
  } as IPublishPacket;
  return generate(packet, { protocolVersion: 5 }).length;
}

const text = fc.string({ unit: "grapheme", maxLength: 200 });
const userProperties = fc.dictionary(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 4 })),
  { minKeys: 1, maxKeys: 5 },
);
const properties = fc.record({
  responseTopic: fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }),
  correlationData: fc.uint8Array({ maxLength: 300 }),
  messageExpiryInterval: fc.nat(),
  payloadFormatIndicator: fc.boolean(),
  contentType: text,
  userProperties,
}, { requiredKeys: [] });
const packet: fc.Arbitrary<PublishPacket> = fc.record({
  topic: fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 20_000 }),
    fc.constantFrom(0, 100, 110, 127, 16_200, 16_383, 2_097_000).map((length) => new Uint8Array(length)),
  ),
  qos: fc.constantFrom<QoS>(0, 1, 2),
  properties,
});

Deno.test("publishSize() is never smaller than the packet, and larger by a few bytes at most", () => {
  holds(packet, (packet) => {
    const real = realSize(packet);
    const size = publishSize(packet);
    assert.ok(size >= real, `${size} of ${real}`);
    assert.ok(size - real <= 20, `${size} of ${real}`);
  });
});

Deno.test("publishSize() counts bytes, not characters", () => {
  const plain = publishSize({ topic: "a", payload: new Uint8Array(), qos: 0 });
  assert.equal(publishSize({ topic: "😀", payload: new Uint8Array(), qos: 0 }) - plain, 3);
});
