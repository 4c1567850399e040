/**
 * Where one MQTT packet ends and the next begins.
 *
 * Source: MQTT 5.0, section 2.1.
 *
 * @module
 */
import { ByteGatherer } from "../../core/byte_gatherer.ts";

const NOTHING = new Uint8Array();

/** A whole packet, and where in it the part behind the fixed header begins. */
export interface RawPacket {
  readonly bytes: Uint8Array;
  readonly body: number;
}

/** Cuts a stream of bytes into packets, in time linear in the bytes, however they are chunked. */
export class PacketSplitter {
  /** What has come and is not cut yet, from `#start` on. */
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  /** The beginning of a packet that goes on beyond `#bytes`. */
  readonly #gathered = new ByteGatherer();
  /** How long that packet is; `undefined` when even that is not known yet. */
  #wanted: number | undefined;

  /** Takes the next bytes. The packets may share memory with them, so the caller gives them away. */
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
   * The next whole packet; `undefined` when more has to come first.
   *
   * @throws {RangeError} when this is not MQTT
   */
  next(): RawPacket | undefined {
    const bytes = this.#bytes;
    const start = this.#start;
    if (start >= bytes.length) return undefined;
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
