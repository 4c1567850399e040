/**
 * Where one MQTT packet ends and the next begins.
 *
 * Source: MQTT 5.0, section 2.1.
 *
 * @module
 */
import { concatBytes } from "../../core/bytes.ts";

/** A whole packet, and where in it the part behind the fixed header begins. */
export interface RawPacket {
  readonly bytes: Uint8Array;
  readonly body: number;
}

/** Cuts a stream of bytes into packets, in time linear in the bytes, however they are chunked. */
export class PacketSplitter {
  #parts: Uint8Array[] = [];
  #length = 0;
  /** How long the packet is of which `#parts` is the beginning; `undefined` when even that is not known yet. */
  #wanted: number | undefined;

  /**
   * The packets that `chunk` completes. They may share memory with it, so the caller gives it away.
   *
   * @throws {RangeError} when this is not MQTT
   */
  *push(chunk: Uint8Array): Generator<RawPacket> {
    let bytes = chunk;
    if (this.#length > 0) {
      this.#parts.push(chunk);
      this.#length += chunk.length;
      if (this.#wanted !== undefined && this.#length < this.#wanted) return;
      bytes = concatBytes(this.#parts, this.#length);
      this.#parts = [];
      this.#length = 0;
    }
    let start = 0;
    while (start < bytes.length) {
      const header = fixedHeader(bytes, start);
      const end = header === undefined ? undefined : start + header.length;
      if (header === undefined || end === undefined || end > bytes.length) {
        this.#wanted = header?.length;
        this.#parts = [bytes.subarray(start)];
        this.#length = bytes.length - start;
        return;
      }
      yield { bytes: bytes.subarray(start, end), body: header.body };
      start = end;
    }
  }
}

/** The length of the packet that begins at `start`, and of its fixed header; `undefined` when that is cut off. */
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
