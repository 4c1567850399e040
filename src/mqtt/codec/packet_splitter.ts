/**
 * Splitting a byte stream into MQTT packets.
 *
 * Source: MQTT 5.0, section 2.1.
 *
 * @module
 */
import { concatBytes } from "../../core/bytes.ts";

const NOTHING = new Uint8Array();

/** A whole packet, and the position of its variable header. */
export interface RawPacket {
  readonly bytes: Uint8Array;
  readonly body: number;
}

/** Splits a stream of bytes into packets. The time is linear in the number of bytes, however they are chunked. */
export class PacketSplitter {
  /** The bytes that have not been split yet, from `#start` on. */
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  /** A packet whose rest has not arrived, and how much of it has. The system gives memory only to what is filled. */
  #packet: Uint8Array | undefined;
  #filled = 0;

  /**
   * Takes the next bytes, after {@linkcode next} has returned all packets before them. The packets may share memory with
   * them, so the caller must not use them any more.
   */
  push(chunk: Uint8Array): void {
    const rest = this.#packet === undefined ? chunk : chunk.subarray(this.#fill(this.#packet, chunk));
    // Only the beginning of a fixed header can be left.
    this.#bytes = this.#bytes.length === 0 ? rest : concatBytes([this.#bytes, rest], this.#bytes.length + rest.length);
    this.#start = 0;
  }

  /**
   * The next whole packet; `undefined` when its rest has not arrived.
   *
   * @throws {RangeError} when the bytes are not MQTT
   */
  next(): RawPacket | undefined {
    if (this.#packet !== undefined) return this.#filledPacket(this.#packet);
    const bytes = this.#bytes;
    const start = this.#start;
    const header = start < bytes.length ? fixedHeader(bytes, start) : undefined;
    const end = header === undefined ? Infinity : start + header.length;
    if (header === undefined || end > bytes.length) {
      this.#keep(bytes.subarray(start), header?.length);
      return undefined;
    }
    this.#start = end;
    return { bytes: bytes.subarray(start, end), body: header.body };
  }

  /** Keeps the beginning of a packet, and not the chunk that it came in. */
  #keep(beginning: Uint8Array, length: number | undefined): void {
    this.#start = 0;
    this.#bytes = length === undefined && beginning.length > 0 ? beginning.slice() : NOTHING;
    if (length === undefined) return;
    this.#packet = new Uint8Array(length);
    this.#filled = 0;
    this.#fill(this.#packet, beginning);
  }

  /** Copies what belongs to the packet. Returns how many bytes that are. */
  #fill(packet: Uint8Array, chunk: Uint8Array): number {
    const part = chunk.subarray(0, packet.length - this.#filled);
    packet.set(part, this.#filled);
    this.#filled += part.length;
    return part.length;
  }

  #filledPacket(packet: Uint8Array): RawPacket | undefined {
    if (this.#filled < packet.length) return undefined;
    this.#packet = undefined;
    const header = fixedHeader(packet, 0);
    return header && { bytes: packet, body: header.body };
  }
}

/**
 * The lengths of the packet that begins at `start` and of its fixed header; `undefined` when the header is incomplete.
 */
function fixedHeader(bytes: Uint8Array, start: number): { length: number; body: number } | undefined {
  let remaining = 0;
  for (let index = 1; index <= 4; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) return undefined;
    remaining += (byte & 0x7f) * 128 ** (index - 1);
    if (byte < 0x80) return { length: 1 + index + remaining, body: 1 + index };
  }
  throw new RangeError("A packet with a length that has no end");
}
