import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { generate, type IPublishPacket, parser } from "mqtt-packet";
import type { PublishPacket, PublishProperties } from "../../../src/mqtt/link.ts";
import { PacketSplitter } from "../../../src/mqtt/codec/packet_splitter.ts";
import { decodePublish, encodePublish } from "../../../src/mqtt/codec/publish_codec.ts";

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

/** What MQTT.js makes of a packet. */
function parse(encoded: Uint8Array, protocolVersion: 4 | 5): IPublishPacket {
  let parsed: IPublishPacket | undefined;
  const reader = parser({ protocolVersion });
  reader.on("packet", (packet) => parsed = packet as IPublishPacket);
  reader.on("error", (error) => {
    throw error;
  });
  reader.parse(Buffer.from(encoded));
  assert.ok(parsed !== undefined, "a whole packet");
  return parsed;
}

function forMqttJs(properties: PublishProperties = {}): NonNullable<IPublishPacket["properties"]> {
  const { correlationData, ...rest } = properties;
  const converted = correlationData === undefined ? rest : { ...rest, correlationData: Buffer.from(correlationData) };
  return converted as NonNullable<IPublishPacket["properties"]>;
}

function whole(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks));
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
    const parsed = parse(whole(encodePublish(packet, 5)), 5);
    assert.equal(parsed.topic, packet.topic);
    assert.equal(parsed.retain, packet.retain);
    assert.equal(parsed.qos, 0);
    assert.deepEqual([...parsed.payload as Buffer], [...packet.payload]);
    assert.deepEqual(plain(parsed.properties ?? {}), plainProperties(packet.properties ?? {}));
  }));
});

Deno.test("a PUBLISH of MQTT 3.1.1 has no properties", () => {
  fc.assert(fc.property(packets, (packet) => {
    const parsed = parse(whole(encodePublish(packet, 4)), 4);
    assert.equal(parsed.topic, packet.topic);
    assert.equal(parsed.properties, undefined);
    assert.deepEqual([...parsed.payload as Buffer], [...packet.payload]);
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
    const [raw, ...others] = new PacketSplitter().push(new Uint8Array(generated));
    assert.ok(raw !== undefined && others.length === 0);
    const decoded = decodePublish(raw.bytes, raw.body, 5);
    assert.equal(decoded.identifier, qos === 0 ? undefined : 0x1234);
    assert.equal(decoded.packet.topic, packet.topic);
    assert.equal(decoded.packet.qos, qos);
    assert.equal(decoded.packet.retain, packet.retain);
    assert.deepEqual([...decoded.packet.payload], [...packet.payload]);
    assert.deepEqual(plainProperties(decoded.packet.properties), plainProperties(packet.properties ?? {}));
  }));
});

Deno.test("whatever bytes arrive, reading them ends in a packet or in a RangeError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (garbage, version5) => {
      try {
        for (const { bytes, body } of new PacketSplitter().push(garbage)) decodePublish(bytes, body, version5 ? 5 : 4);
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
  const [raw] = new PacketSplitter().push(whole(encodePublish(packet, 5)));
  assert.ok(raw !== undefined);
  assert.deepEqual(Object.entries(decodePublish(raw.bytes, raw.body, 5).packet.properties.userProperties ?? {}), [
    ["__proto__", "x"],
  ]);
});

Deno.test("packets come out the same however their bytes are chunked", () => {
  fc.assert(
    fc.property(fc.array(packets, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 400 })), (list, cuts) => {
      const stream = whole(list.flatMap((packet) => encodePublish(packet, 5)));
      const splitter = new PacketSplitter();
      const topics: string[] = [];
      const take = (chunk: Uint8Array) => {
        for (const { bytes, body } of splitter.push(chunk)) topics.push(decodePublish(bytes, body, 5).packet.topic);
      };
      let start = 0;
      for (const cut of cuts) {
        take(stream.slice(start, start + cut));
        start += cut;
      }
      take(stream.slice(start));
      assert.deepEqual(topics, list.map(({ topic }) => topic));
    }),
  );
});

Deno.test("a packet whose length never ends is no MQTT", () => {
  assert.throws(() => [...new PacketSplitter().push(Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80, 1))], RangeError);
});
