/**
 * Packets of brokers that are not quite MQTT, as MQTT.js wants them.
 *
 * @module
 */
import { PacketSplitter } from "../../codec/packet_splitter.ts";
import { PUBACK, PUBREC } from "../../codec/packet_types.ts";
import { NO_MATCHING_SUBSCRIBERS } from "../../reason_codes.ts";

/** MQTT.js closes the connection over reason codes that it does not know. */
const FIRST_FAILURE = 0x80;

/** Passes on what arrives, packet by packet. */
export class LenientPackets {
  readonly #splitter = new PacketSplitter();

  /**
   * The packets that are whole with this chunk. An acknowledgement whose reason code is none of a failure, but has no
   * meaning either, such as 0x01 of mochi-mqtt 2.7, becomes one that says nothing but success.
   *
   * @throws {RangeError} when what arrives is not MQTT
   */
  *take(chunk: Uint8Array): Generator<Uint8Array> {
    this.#splitter.push(chunk);
    for (let raw = this.#splitter.next(); raw !== undefined; raw = this.#splitter.next()) {
      yield corrected(raw.bytes, raw.body);
    }
  }
}

function corrected(bytes: Uint8Array, body: number): Uint8Array {
  const type = (bytes[0] ?? 0) >> 4;
  const code = bytes[body + 2] ?? 0;
  const isStrange = code !== 0 && code !== NO_MATCHING_SUBSCRIBERS && code < FIRST_FAILURE;
  if ((type !== PUBACK && type !== PUBREC) || !isStrange) return bytes;
  return Uint8Array.of(type << 4, 2, bytes[body] ?? 0, bytes[body + 1] ?? 0);
}
