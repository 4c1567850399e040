import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  generate,
  type IPubackPacket,
  type ISubackPacket,
  type ISubscribePacket,
  type IUnsubackPacket,
  type IUnsubscribePacket,
  type Packet,
} from "mqtt-packet";
import {
  readAcknowledgement,
  readGrants,
  writeAcknowledgement,
  writeSubscribe,
  writeUnsubscribe,
} from "../../../src/mqtt/codec/acknowledgements.ts";
import { PUBACK, PUBCOMP, PUBREC, PUBREL } from "../../../src/mqtt/codec/packet_types.ts";
import { PacketWriter } from "../../../src/mqtt/codec/packet_writer.ts";
import { parsed, theRawPacket, written } from "../../support/packets.ts";

const requests = [
  { filter: "a/#", qos: 1, noLocal: true },
  { filter: "b/+/\u20ac", qos: 0, noLocal: false },
  { filter: "$share/g/c", qos: 2, noLocal: false },
] as const;

Deno.test("SUBSCRIBE asks for each filter with its QoS, and for No Local in MQTT 5 alone", () => {
  const bytes = written((writer) => writeSubscribe(writer, requests, 7, 5));
  const { messageId, subscriptions, properties } = parsed<ISubscribePacket>(bytes, 5);
  assert.equal(messageId, 7);
  assert.equal(properties, undefined);
  assert.deepEqual(
    subscriptions.map(({ topic, qos, nl, rap, rh }) => [topic, qos, nl, rap, rh]),
    requests.map(({ filter, qos, noLocal }) => [filter, qos, noLocal, false, 0]),
  );
  const older = parsed<ISubscribePacket>(written((writer) => writeSubscribe(writer, requests, 7, 4)), 4);
  assert.deepEqual(older.subscriptions, requests.map(({ filter, qos }) => ({ topic: filter, qos })));
});

Deno.test("SUBSCRIBE carries a Subscription Identifier", () => {
  for (const identifier of [1, 127, 128, 268_435_455]) {
    const request = { filter: "a", qos: 1, noLocal: false, identifier } as const;
    const packet = parsed<ISubscribePacket>(written((writer) => writeSubscribe(writer, [request], 1, 5)), 5);
    assert.equal(packet.properties?.subscriptionIdentifier, identifier);
  }
});

Deno.test("UNSUBSCRIBE names its filter", () => {
  for (const version of [4, 5] as const) {
    const bytes = written((writer) => writeUnsubscribe(writer, "a/+", 0xffff, version));
    const packet = parsed<IUnsubscribePacket>(bytes, version);
    assert.deepEqual([packet.messageId, packet.unsubscriptions], [0xffff, ["a/+"]]);
  }
});

Deno.test("a filter that does not fit leaves nothing behind", () => {
  const writer = new PacketWriter();
  const filter = "x".repeat(65_536);
  assert.throws(() => writeSubscribe(writer, [{ filter, qos: 0, noLocal: false }], 1, 5), RangeError);
  assert.throws(() => writeUnsubscribe(writer, filter, 1, 5), RangeError);
  assert.deepEqual(writer.take(), []);
});

Deno.test("acknowledgements are read and written with and without a reason code", () => {
  const types = [
    [PUBACK, "puback", 0x83],
    [PUBREC, "pubrec", 0x83],
    [PUBREL, "pubrel", 0x92],
    [PUBCOMP, "pubcomp", 0x92],
  ] as const;
  for (const [type, cmd, reasonCode] of types) {
    for (const version of [4, 5] as const) {
      const packet = parsed<IPubackPacket>(written((writer) => writeAcknowledgement(writer, type, 0x1234)), version);
      assert.deepEqual([packet.cmd, packet.messageId], [cmd, 0x1234]);
      const raw = theRawPacket(generate({ cmd, messageId: 9 } as Packet, { protocolVersion: version }));
      assert.deepEqual(readAcknowledgement(raw.bytes, raw.body), { identifier: 9, reasonCodes: [0] });
    }
    const packet = parsed<IPubackPacket>(written((writer) => writeAcknowledgement(writer, type, 1, reasonCode)), 5);
    assert.equal(packet.reasonCode, reasonCode);
    const raw = theRawPacket(generate({
      cmd,
      messageId: 9,
      reasonCode,
      properties: { reasonString: "because", userProperties: { a: "b" } },
    } as Packet, { protocolVersion: 5 }));
    assert.deepEqual(readAcknowledgement(raw.bytes, raw.body), { identifier: 9, reasonCodes: [reasonCode] });
  }
});

Deno.test("SUBACK and UNSUBACK give a code for each filter", () => {
  const properties = { reasonString: "because" };
  const suback = { cmd: "suback", messageId: 3, granted: [0, 1, 2, 0x87], properties } as unknown as ISubackPacket;
  const raw = theRawPacket(generate(suback, { protocolVersion: 5 }));
  assert.deepEqual(readGrants(raw.bytes, raw.body, 5), { identifier: 3, reasonCodes: [0, 1, 2, 0x87] });
  const older = theRawPacket(generate({ ...suback, granted: [0x80] }, { protocolVersion: 4 }));
  assert.deepEqual(readGrants(older.bytes, older.body, 4), { identifier: 3, reasonCodes: [0x80] });
  const unsuback = { cmd: "unsuback", messageId: 4, granted: [17], properties } as unknown as IUnsubackPacket;
  const left = theRawPacket(generate(unsuback, { protocolVersion: 5 }));
  assert.deepEqual(readGrants(left.bytes, left.body, 5), { identifier: 4, reasonCodes: [17] });
  const nothing = theRawPacket(Buffer.from([0xb0, 2, 0, 4]));
  assert.deepEqual(readGrants(nothing.bytes, nothing.body, 4), { identifier: 4, reasonCodes: [] });
});
