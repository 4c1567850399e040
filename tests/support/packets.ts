/**
 * MQTT packets as bytes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Packet, parser } from "mqtt-packet";
import { PacketSplitter, type RawPacket } from "../../src/mqtt/codec/packet_splitter.ts";
import { PacketWriter } from "../../src/mqtt/codec/packet_writer.ts";

/** Everything in one piece. */
export function whole(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks));
}

/** What `write` writes. */
export function written(write: (writer: PacketWriter) => void): Uint8Array {
  const writer = new PacketWriter();
  write(writer);
  return whole(writer.take());
}

/** The packets in some bytes, which may come in several chunks. */
export function* rawPackets(...chunks: readonly Uint8Array[]): Generator<RawPacket> {
  const splitter = new PacketSplitter();
  for (const chunk of chunks) {
    splitter.push(chunk);
    for (let raw = splitter.next(); raw !== undefined; raw = splitter.next()) yield raw;
  }
}

/** The one packet in some bytes. */
export function theRawPacket(bytes: Uint8Array): RawPacket {
  const [raw, ...others] = rawPackets(new Uint8Array(bytes));
  assert.ok(raw !== undefined && others.length === 0, "one packet");
  return raw;
}

/** What MQTT.js makes of the bytes of one packet. */
export function parsed<T extends Packet>(bytes: Uint8Array, protocolVersion: 4 | 5): T {
  let packet: Packet | undefined;
  const reader = parser({ protocolVersion });
  reader.on("packet", (one) => packet = one);
  reader.on("error", (error) => {
    throw error;
  });
  reader.parse(Buffer.from(bytes));
  assert.ok(packet !== undefined, "a whole packet");
  return packet as T;
}
