/**
 * Writing messages as lines, many in one system call.
 *
 * @module
 */
import { Backpressure } from "../core/backpressure.ts";
import { batches, indexOfByte } from "../core/bytes.ts";
import type { ByteSink } from "./byte_pipes.ts";

/** Above this many bytes waiting, {@linkcode LineWriter.write} asks its caller to wait. */
const HIGH_WATER_MARK = 1024 * 1024;

const NEWLINE = Uint8Array.of(0x0a);

/** Queues lines and writes what has gathered in one go; asks for patience when the reader is slow. */
export class LineWriter {
  readonly #sink: ByteSink;
  #parts: Uint8Array[] = [];
  readonly #waiting = new Backpressure(HIGH_WATER_MARK);
  #running: Promise<void> | undefined;
  readonly #failed: (error: unknown) => void;
  #failure: unknown;

  /** @param failed told when the sink takes nothing more, and why */
  constructor(sink: ByteSink, failed: (error: unknown) => void = () => {}) {
    this.#sink = sink;
    this.#failed = failed;
  }

  /**
   * Queues one line. A returned promise resolves when there is room for more; it never rejects.
   * After the sink has failed, lines are dropped.
   */
  write(line: Uint8Array): Promise<void> | void {
    if (this.#failure !== undefined) return;
    this.#parts.push(onOneLine(line), NEWLINE);
    this.#waiting.add(line.length + 1);
    this.#running ??= this.#run();
    return this.#waiting.room();
  }

  /** Resolves when everything queued is written or the sink has failed; with the failure, if there was one. */
  async flush(): Promise<unknown> {
    while (this.#running !== undefined) await this.#running;
    return this.#failure;
  }

  async #run(): Promise<void> {
    await undefined; // what else this turn writes goes into the same batch
    try {
      while (this.#parts.length > 0) {
        const parts = this.#parts;
        const size = this.#waiting.level;
        this.#parts = [];
        for (const batch of batches(parts)) await this.#sink.write(batch);
        this.#waiting.add(-size);
      }
    } catch (error) {
      this.#failure = error;
      this.#parts = [];
      this.#waiting.reset();
      this.#failed(error);
    } finally {
      this.#running = undefined;
    }
  }
}

/**
 * A line break inside a JSON text can only be white space between two tokens (RFC 8259 section 7), so a message
 * that arrived in several lines means the same in one. Some readers take a carriage return for the end of a line, too.
 */
function onOneLine(line: Uint8Array): Uint8Array {
  if (indexOfByte(line, 0x0a) < 0 && indexOfByte(line, 0x0d) < 0) return line;
  return line.map((byte) => byte === 0x0a || byte === 0x0d ? 0x20 : byte);
}
