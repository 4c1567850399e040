/**
 * Correcting packets that MQTT.js does not accept.
 *
 * @module
 */
import { PacketSplitter } from "../../codec/packet_splitter.ts";
import { PUBACK, PUBREC } from "../../codec/packet_types.ts";
import { NO_MATCHING_SUBSCRIBERS } from "../../reason_codes.ts";

/** The first reason code of a failure. MQTT.js closes the connection over codes that it does not know. */
const FIRST_FAILURE = 0x80;

/** Passes on the received packets one by one. */
export class LenientPackets {
  readonly #splitter = new PacketSplitter();

  /**
   * The packets that this chunk completes. mochi-mqtt 2.7 acknowledges with the undefined reason code 0x01. Such a code
   * below 0x80 is replaced by success.
   *
   * @throws {RangeError} when the bytes are not MQTT
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
