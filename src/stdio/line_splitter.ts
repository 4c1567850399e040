/**
 * MCP's stdio framing: one message a line.
 *
 * Source: MCP 2025-11-25, "Transports", stdio: messages are delimited by newlines and contain none.
 *
 * @module
 */
import { ByteGatherer } from "../core/byte_gatherer.ts";
import { indexOfByte } from "../core/bytes.ts";
import { EnvelopeExcerpt } from "../core/envelope_excerpt.ts";

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts a stream of bytes into lines, in time linear in the bytes, however they are chunked. */
export class LineSplitter {
  readonly #maximum: number;
  readonly #tooLong: (length: number) => void;
  readonly #dropped: (excerpt: Uint8Array) => void;
  readonly #gathered = new ByteGatherer();
  /** The excerpt of the line that is being dropped. */
  #excerpt: EnvelopeExcerpt | undefined;

  /**
   * @param maximum longest line to keep, in bytes; a longer one is dropped as a whole
   * @param tooLong called once for every dropped line, with the number of bytes seen until it was given up
   * @param dropped called at the end of each such line, with the {@linkcode EnvelopeExcerpt} of its text
   */
  constructor(maximum: number, tooLong: (length: number) => void, dropped: (excerpt: Uint8Array) => void = () => {}) {
    this.#maximum = maximum;
    this.#tooLong = tooLong;
    this.#dropped = dropped;
  }

  /**
   * The lines that `chunk` completes, without their line ends. They may share memory with `chunk`, so the caller must
   * not change it afterwards.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let start = 0;
    while (start < chunk.length) {
      const newline = indexOfByte(chunk, NEWLINE, start);
      if (newline < 0) {
        this.#keep(chunk.subarray(start));
        break;
      }
      const line = this.#complete(chunk, start, newline);
      if (line !== undefined) lines.push(line);
      start = newline + 1;
    }
    return lines;
  }

  /** The last line, if the stream ended without a newline. */
  end(): Uint8Array | undefined {
    return this.#take();
  }

  /** The line that ends at `newline`. Nearly every line lies within one chunk, so that case has to be fast. */
  #complete(chunk: Uint8Array, start: number, newline: number): Uint8Array | undefined {
    const whole = this.#gathered.length === 0 && this.#excerpt === undefined && newline - start <= this.#maximum;
    if (whole) return chunk.subarray(start, chunk[newline - 1] === CARRIAGE_RETURN ? newline - 1 : newline);
    this.#keep(chunk.subarray(start, newline));
    return this.#take();
  }

  #keep(part: Uint8Array): void {
    if (this.#excerpt !== undefined) {
      this.#excerpt.push(part);
      return;
    }
    this.#gathered.push(part);
    if (this.#gathered.length > this.#maximum) this.#giveUp();
  }

  #giveUp(): void {
    this.#tooLong(this.#gathered.length);
    this.#excerpt = new EnvelopeExcerpt();
    this.#excerpt.push(this.#gathered.take());
  }

  #take(): Uint8Array | undefined {
    if (this.#excerpt !== undefined) {
      const excerpt = this.#excerpt.end();
      this.#excerpt = undefined;
      this.#dropped(excerpt);
      return undefined;
    }
    const line = this.#gathered.take();
    return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  }
}
