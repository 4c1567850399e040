import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { generate, type IPublishPacket } from "mqtt-packet";
import type { PublishPacket, PublishProperties } from "../../../src/mqtt/link.ts";
import { PacketWriter } from "../../../src/mqtt/codec/packet_writer.ts";
import { readPublish, writePublish } from "../../../src/mqtt/codec/publish.ts";
import { parsed, rawPackets, theRawPacket, whole, written } from "../../support/packets.ts";

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constant("a/b/c"),
)
  .filter((value) => !value.includes("\0") && value.isWellFormed());
const topic = text.filter((value) => value !== "");
const bytes = fc.uint8Array({ maxLength: 64 });
const name = text.filter((value) => value !== "" && value !== "__proto__");

const properties: fc.Arbitrary<PublishProperties> = fc.record({
  payloadFormatIndicator: fc.boolean(),
  messageExpiryInterval: fc.nat({ max: 0xffff_ffff }),
  contentType: text,
  responseTopic: topic,
  correlationData: bytes,
  userProperties: fc.dictionary(
    name,
    fc.oneof(text, fc.array(topic, { minLength: 2, maxLength: 3 })), // MQTT.js loses empty ones of several values
    { minKeys: 1, maxKeys: 4 },
  ),
}, { requiredKeys: [] });

const packets: fc.Arbitrary<PublishPacket> = fc.record({
  topic,
  payload: fc.oneof(bytes, fc.integer({ min: 16_000, max: 17_000 }).map((length) => new Uint8Array(length).fill(7))),
  qos: fc.constant(0 as const),
  retain: fc.boolean(),
  properties,
});

function forMqttJs(properties: PublishProperties = {}): NonNullable<IPublishPacket["properties"]> {
  const { correlationData, ...rest } = properties;
  const converted = correlationData === undefined ? rest : { ...rest, correlationData: Buffer.from(correlationData) };
  return converted as NonNullable<IPublishPacket["properties"]>;
}

function encode(packet: PublishPacket, protocolVersion: 4 | 5, identifier?: number): Uint8Array {
  return written((writer) => writePublish(writer, packet, identifier, protocolVersion));
}

/** Objects without prototypes and Buffers, as plain ones. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, member) => member?.type === "Buffer" ? [...member.data] : member));
}

function plainProperties(value: PublishProperties): unknown {
  const { correlationData, ...rest } = value;
  return plain(correlationData === undefined ? rest : { ...rest, correlationData: [...correlationData] });
}

Deno.test("MQTT.js reads from an encoded PUBLISH what was put into it", () => {
  fc.assert(fc.property(packets, (packet) => {
    const read = parsed<IPublishPacket>(encode(packet, 5), 5);
    assert.equal(read.topic, packet.topic);
    assert.equal(read.retain, packet.retain);
    assert.equal(read.qos, 0);
    assert.deepEqual([...read.payload as Buffer], [...packet.payload]);
    assert.deepEqual(plain(read.properties ?? {}), plainProperties(packet.properties ?? {}));
  }));
});

Deno.test("a PUBLISH of MQTT 3.1.1 has no properties", () => {
  fc.assert(fc.property(packets, (packet) => {
    const read = parsed<IPublishPacket>(encode(packet, 4), 4);
    assert.equal(read.topic, packet.topic);
    assert.equal(read.properties, undefined);
    assert.deepEqual([...read.payload as Buffer], [...packet.payload]);
  }));
});

Deno.test("a PUBLISH that MQTT.js has generated is read as it was meant, of every QoS", () => {
  fc.assert(fc.property(packets, fc.constantFrom(0 as const, 1 as const, 2 as const), (packet, qos) => {
    const generated = generate({
      ...packet,
      cmd: "publish",
      dup: false,
      retain: packet.retain ?? false,
      qos,
      ...(qos === 0 ? {} : { messageId: 0x1234 }),
      payload: Buffer.from(packet.payload),
      properties: forMqttJs(packet.properties),
    }, { protocolVersion: 5 });
    const raw = theRawPacket(generated);
    const { packet: read, identifier } = readPublish(raw.bytes, raw.body, 5);
    assert.ok(read !== undefined);
    assert.equal(identifier, qos === 0 ? undefined : 0x1234);
    assert.equal(read.topic, packet.topic);
    assert.equal(read.qos, qos);
    assert.equal(read.retain, packet.retain);
    assert.deepEqual([...read.payload], [...packet.payload]);
    assert.deepEqual(plainProperties(read.properties), plainProperties(packet.properties ?? {}));
  }));
});

Deno.test("whatever bytes arrive, reading them ends in a packet or in a RangeError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (garbage, version5) => {
      try {
        for (const { bytes, body } of rawPackets(garbage)) readPublish(bytes, body, version5 ? 5 : 4);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("a user property named __proto__ is a property like any other", () => {
  const packet: PublishPacket = {
    topic: "t",
    payload: new Uint8Array(),
    qos: 0,
    properties: { userProperties: JSON.parse('{"__proto__":"x"}') },
  };
  const raw = theRawPacket(encode(packet, 5));
  const read = readPublish(raw.bytes, raw.body, 5).packet;
  assert.deepEqual(Object.entries(read?.properties.userProperties ?? {}), [["__proto__", "x"]]);
});

Deno.test("several packets of one turn come out of the writer in order, with payloads of every size", () => {
  const lengths = [0, 1, 127, 128, 16_383, 16_384, 16_385, 70_000, 3, 2_097_152, 5];
  const writer = new PacketWriter();
  for (const round of [1, 2, 3]) {
    for (const [index, length] of lengths.entries()) {
      const payload = new Uint8Array(length).fill(index + round);
      writePublish(writer, { topic: `t/${index}`, payload, qos: 0 }, undefined, 5);
    }
    const expected = writer.waiting;
    const bytes = whole(writer.take());
    assert.equal(bytes.length, expected);
    assert.equal(writer.waiting, 0);
    const read = [...rawPackets(bytes)].map(({ bytes, body }) => readPublish(bytes, body, 5).packet);
    assert.deepEqual(read.map((packet) => packet?.payload.length), lengths);
    assert.ok(read.every((packet, index) => packet?.payload.every((byte) => byte === index + round)));
    writer.written();
  }
});

Deno.test("a packet with something in it that does not fit leaves nothing behind", () => {
  const writer = new PacketWriter();
  const good: PublishPacket = { topic: "t", payload: Uint8Array.of(1), qos: 0 };
  writePublish(writer, good, undefined, 5);
  const before = writer.waiting;
  const long = "x".repeat(65_536);
  const bad: readonly Partial<PublishPacket>[] = [
    { topic: long },
    { topic: "\u20ac".repeat(30_000) },
    { properties: { contentType: long } },
    { properties: { correlationData: new Uint8Array(65_536) } },
    { properties: { userProperties: { [long]: "" } } },
    { properties: { userProperties: { a: ["", long] } } },
  ];
  for (const part of bad) {
    assert.throws(() => writePublish(writer, { ...good, ...part }, undefined, 5), RangeError);
    assert.equal(writer.waiting, before);
  }
  writePublish(writer, good, undefined, 5);
  assert.equal([...rawPackets(whole(writer.take()))].length, 2);
});
