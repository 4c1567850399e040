/**
 * A stream of bytes that begins with lines.
 *
 * @module
 */
import { concatBytes, indexOfByte } from "../core/bytes.ts";

const NEWLINE = 0x0a;

/** Splits off lines one at a time, and returns the rest of the bytes unchanged. */
export class LineBuffer {
  #parts: Uint8Array[] = [];
  #length = 0;

  /** How many bytes wait. */
  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    this.#parts.push(chunk);
    this.#length += chunk.length;
  }

  /** The next line, without its newline, if it is complete. */
  line(): Uint8Array | undefined {
    const bytes = this.rest();
    const newline = indexOfByte(bytes, NEWLINE);
    if (newline >= 0) {
      this.push(bytes.subarray(newline + 1));
      return bytes.subarray(0, newline);
    }
    this.push(bytes);
  }

  /** Removes and returns everything that waits. */
  rest(): Uint8Array {
    const bytes = concatBytes(this.#parts, this.#length);
    // The parts are erased, since they may hold credentials.
    if (this.#parts.length > 1) { for (const part of this.#parts) part.fill(0); }
    this.#parts = [];
    this.#length = 0;
    return bytes;
  }
}
