/**
 * Writing messages as lines, many in one system call.
 *
 * @module
 */
import { Backpressure } from "../core/backpressure.ts";
import { batches, indexOfByte } from "../core/bytes.ts";
import type { ByteSink } from "./byte_pipes.ts";

/** Above this many waiting bytes, {@linkcode LineWriter.write} asks its caller to wait. */
const HIGH_WATER_MARK = 1024 * 1024;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const NEWLINE = Uint8Array.of(LINE_FEED);

/** Queues lines, and writes all that are queued at once. Applies backpressure when the reader is slow. */
export class LineWriter {
  readonly #sink: ByteSink;
  #parts: Uint8Array[] = [];
  readonly #waiting = new Backpressure(HIGH_WATER_MARK);
  #running: Promise<void> | undefined;
  readonly #failed: (error: unknown) => void;
  #failure: unknown;

  /** @param failed called with the error when the sink fails */
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
    await undefined; // lines written in the same turn of the event loop go into the same batch
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
  if (isOneLine(line)) return line;
  return line.map((byte) => isLineBreak(byte) ? 0x20 : byte);
}

/** Up to this many bytes, one loop is faster than two searches. */
const SHORT = 256;

function isOneLine(line: Uint8Array): boolean {
  if (line.length > SHORT) return indexOfByte(line, LINE_FEED) < 0 && indexOfByte(line, CARRIAGE_RETURN) < 0;
  for (let position = 0; position < line.length; position++) {
    if (isLineBreak(line[position])) return false;
  }
  return true;
}

function isLineBreak(byte: number | undefined): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN;
}
