/**
 * MCP's stdio framing: one message a line.
 *
 * Source: MCP 2025-11-25, "Transports", stdio: messages are delimited by newlines and contain none.
 *
 * @module
 */
import { concatBytes, indexOfByte } from "../core/bytes.ts";

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts a stream of bytes into lines, in time linear in the bytes, however they are chunked. */
export class LineSplitter {
  readonly #maximum: number;
  readonly #tooLong: (length: number) => void;
  #parts: Uint8Array[] = [];
  #length = 0;
  #skipping = false;

  /**
   * @param maximum longest line to keep, in bytes; what is longer is dropped up to its end
   * @param tooLong called once for every line that was dropped, with the bytes seen when it was given up
   */
  constructor(maximum: number, tooLong: (length: number) => void) {
    this.#maximum = maximum;
    this.#tooLong = tooLong;
  }

  /**
   * The lines that `chunk` completes, without their line ends. They may share memory with `chunk`, so the
   * caller gives it away.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let start = 0;
    while (start < chunk.length) {
      const newline = indexOfByte(chunk, NEWLINE, start);
      if (newline < 0) {
        this.#keep(chunk.subarray(start));
        return;
      }
      this.#keep(chunk.subarray(start, newline));
      start = newline + 1;
      const line = this.#take();
      if (line !== undefined) yield line;
    }
  }

  /** The last line, when the stream ended without a newline after it. */
  end(): Uint8Array | undefined {
    return this.#take();
  }

  #keep(part: Uint8Array): void {
    if (this.#skipping || part.length === 0) return;
    if (this.#length + part.length > this.#maximum) {
      this.#tooLong(this.#length + part.length);
      this.#skipping = true;
      this.#parts = [];
      this.#length = 0;
      return;
    }
    this.#parts.push(part);
    this.#length += part.length;
  }

  #take(): Uint8Array | undefined {
    const skipped = this.#skipping;
    const line = concatBytes(this.#parts, this.#length);
    this.#skipping = false;
    this.#parts = [];
    this.#length = 0;
    if (skipped) return undefined;
    return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  }
}
