/**
 * Splitting a byte stream into MQTT packets.
 *
 * Source: MQTT 5.0, section 2.1.
 *
 * @module
 */
import { ByteGatherer } from "../../core/byte_gatherer.ts";

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
  /** The beginning of a packet whose rest has not arrived. */
  readonly #gathered = new ByteGatherer();
  /** The length of that packet; `undefined` when its fixed header is incomplete. */
  #wanted: number | undefined;

  /** Takes the next bytes. The packets may share memory with them, so the caller must not use them any more. */
  push(chunk: Uint8Array): void {
    if (this.#gathered.length === 0) {
      this.#bytes = chunk;
      this.#start = 0;
      return;
    }
    this.#gathered.push(chunk);
    if (this.#wanted !== undefined && this.#gathered.length < this.#wanted) return;
    this.#bytes = this.#gathered.take();
    this.#start = 0;
  }

  /**
   * The next whole packet; `undefined` when its rest has not arrived.
   *
   * @throws {RangeError} when the bytes are not MQTT
   */
  next(): RawPacket | undefined {
    const bytes = this.#bytes;
    const start = this.#start;
    if (start >= bytes.length) {
      this.#bytes = NOTHING; // the last packet may have been large
      this.#start = 0;
      return undefined;
    }
    const header = fixedHeader(bytes, start);
    const end = header === undefined ? Infinity : start + header.length;
    if (header === undefined || end > bytes.length) {
      this.#wanted = header?.length;
      this.#gathered.push(bytes.subarray(start));
      this.#bytes = NOTHING;
      this.#start = 0;
      return undefined;
    }
    this.#start = end;
    return { bytes: bytes.subarray(start, end), body: header.body };
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
