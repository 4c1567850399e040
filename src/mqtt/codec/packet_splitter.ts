/**
 * Splitting a byte stream into MQTT packets.
 *
 * Source: MQTT 5.0, section 2.1.
 *
 * @module
 */
import { concatBytes } from "../../core/bytes.ts";

const NOTHING = new Uint8Array();

/** So much of a packet is kept that is too long: its fixed header, its topic and its identifier. In bytes. */
const HEAD = 5 + 2 + 65_535 + 2;

/** A whole packet, and the position of its variable header. */
export interface RawPacket {
  readonly bytes: Uint8Array;
  readonly body: number;
  /** The length of a packet that is too long, in bytes. Then `bytes` are only its beginning. */
  readonly tooLong?: number;
}

/** Splits a stream of bytes into packets. The time is linear in the number of bytes, however they are chunked. */
export class PacketSplitter {
  readonly #maximum: number;
  /** The bytes that have not been split yet, from `#start` on. */
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  /** A packet whose rest has not arrived, and how much of it has. The system gives memory only to what is filled. */
  #packet: Uint8Array | undefined;
  #filled = 0;
  /** The length of that packet, and how many bytes have to be skipped behind the part that is kept. */
  #length = 0;
  #skipped = 0;

  /**
   * @param maximum a longer packet is skipped but for its beginning, unless it arrives in one piece; in bytes.
   * @default {Infinity}
   */
  constructor(maximum = Infinity) {
    this.#maximum = maximum;
  }

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
    const kept = length > this.#maximum ? Math.min(length, HEAD) : length;
    this.#packet = new Uint8Array(kept);
    this.#filled = 0;
    this.#length = length;
    this.#skipped = length - kept;
    this.#fill(this.#packet, beginning);
  }

  /** Copies what belongs to the packet, or skips it. Returns how many bytes that are. */
  #fill(packet: Uint8Array, chunk: Uint8Array): number {
    const part = chunk.subarray(0, packet.length - this.#filled);
    packet.set(part, this.#filled);
    this.#filled += part.length;
    const skipped = Math.min(chunk.length - part.length, this.#skipped);
    this.#skipped -= skipped;
    return part.length + skipped;
  }

  #filledPacket(packet: Uint8Array): RawPacket | undefined {
    if (this.#filled < packet.length || this.#skipped > 0) return undefined;
    this.#packet = undefined;
    const { body } = fixedHeader(packet, 0) ?? { body: 0 };
    return this.#length > packet.length ? { bytes: packet, body, tooLong: this.#length } : { bytes: packet, body };
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
