/**
 * A stream of bytes, of which only the first lines are lines.
 *
 * @module
 */
import { concatBytes, indexOfByte } from "../core/bytes.ts";

const NEWLINE = 0x0a;

/** Takes bytes; gives a line at a time, and what is left as it came. */
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
    // What was put together from several parts must not linger in them: it may be credentials.
    if (this.#parts.length > 1) { for (const part of this.#parts) part.fill(0); }
    this.#parts = [];
    this.#length = 0;
    return bytes;
  }
}
