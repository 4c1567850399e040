/**
 * Putting together bytes that arrive in many pieces.
 *
 * @module
 */
import { concatBytes } from "./bytes.ts";

/** Up to this many bytes, the pieces themselves are kept. */
const SMALL = 256 * 1024;

/** Further pieces are copied into blocks of this size, in bytes. Only the filled part of a block takes memory. */
const BLOCK = 16 * 1024 * 1024;

/**
 * Gathers bytes. A thousand pieces of 64 KiB would fragment the memory of the process: when they are freed, the system
 * does not get it back. A block is given back as a whole.
 */
export class ByteGatherer {
  #parts: Uint8Array[] = [];
  /** What was copied. Only the last block may have room. */
  #blocks: ArrayBuffer[] = [];
  #length = 0;

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds bytes. The caller must not change them afterwards. */
  push(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#length += part.length;
    if (this.#length <= SMALL) this.#parts.push(part);
    else this.#copy(part);
  }

  /** Removes everything, and returns it in one piece. */
  take(): Uint8Array {
    const whole = concatBytes(this.#parts, this.#length);
    // The memory is given back at once. It would be collected much later: 50 MB may wait for that.
    if (this.#parts.length > 1) this.#blocks.forEach((block) => block.resize(0));
    this.#parts = [];
    this.#blocks = [];
    this.#length = 0;
    return whole;
  }

  #copy(part: Uint8Array): void {
    for (let rest = part; rest.length > 0;) {
      const block = this.#blockWithRoom();
      const from = block.byteLength;
      const piece = rest.subarray(0, BLOCK - from);
      block.resize(from + piece.length);
      const copy = new Uint8Array(block, from, piece.length);
      copy.set(piece);
      this.#parts.push(copy);
      rest = rest.subarray(piece.length);
    }
  }

  #blockWithRoom(): ArrayBuffer {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.byteLength < BLOCK) return last;
    const block = new ArrayBuffer(0, { maxByteLength: BLOCK });
    this.#blocks.push(block);
    return block;
  }
}
