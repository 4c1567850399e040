/**
 * Writing the log where somebody may or may not read it.
 *
 * @module
 */
import { waitAtMost } from "../core/waiting.ts";

/** More characters than this are not kept for a reader who does not read. */
const LIMIT = 256 * 1024;

/** How long the end of the log may take, in ms. */
const END_TIMEOUT = 500;

/**
 * Lines that never block and never fail: shepherd (e55a893) never reads a server's stderr. Lines that find no room are
 * dropped, and counted in a line of their own when there is room again.
 */
export class LineSink implements AsyncDisposable {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #droppedLine: (count: number) => string;
  readonly #encoder = new TextEncoder();
  #waiting = "";
  #dropped = 0;
  #broken = false;
  #writing: Promise<void> | undefined;

  /** @param droppedLine the line that says how many lines were dropped */
  constructor(output: WritableStream<Uint8Array>, droppedLine: (count: number) => string) {
    this.#writer = output.getWriter();
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
    await waitAtMost(this.#writing ?? Promise.resolve(), END_TIMEOUT);
    this.#writer.releaseLock();
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#waiting !== "") {
        const text = this.#waiting;
        this.#waiting = "";
        await this.#writer.write(this.#encoder.encode(text));
      }
    } catch {
      this.#broken = true; // nobody reads any more, and nobody is left to be told
    }
    this.#writing = undefined;
  }
}
