/**
 * Writing the log to a reader that may not read it.
 *
 * @module
 */
import { waitAtMost } from "../core/waiting.ts";

/** How many characters are kept for a reader that does not read. */
const LIMIT = 256 * 1024;

/** How long the last lines of the log may take to be written, in ms. */
const END_TIMEOUT = 500;

/** Writes all of `bytes`; rejects when the reader is gone. */
export type Output = (bytes: Uint8Array) => Promise<void>;

/**
 * Takes lines without blocking or failing: shepherd (e55a893) never reads a server's stderr. Lines that do not fit are
 * dropped. When there is room again, a line says how many were dropped.
 */
export class LineSink implements AsyncDisposable {
  readonly #output: Output;
  readonly #droppedLine: (count: number) => string;
  readonly #encoder = new TextEncoder();
  #waiting = "";
  #dropped = 0;
  #broken = false;
  #writing: Promise<void> | undefined;

  /** @param droppedLine the line that says how many lines were dropped */
  constructor(output: Output, droppedLine: (count: number) => string) {
    this.#output = output;
    this.#droppedLine = droppedLine;
  }

  /** Takes a line, with its line feed. */
  write(line: string): void {
    if (this.#broken) return;
    if (this.#waiting.length > LIMIT) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) {
      this.#waiting += this.#droppedLine(this.#dropped);
      this.#dropped = 0;
    }
    this.#waiting += line;
    this.#writing ??= this.#writeAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#writing !== undefined) await waitAtMost(this.#writing, END_TIMEOUT);
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#waiting !== "") {
        const text = this.#waiting;
        this.#waiting = "";
        await this.#output(this.#encoder.encode(text));
      }
    } catch {
      this.#broken = true; // the reader is gone, and there is no other place to report that
    }
    this.#writing = undefined;
  }
}
