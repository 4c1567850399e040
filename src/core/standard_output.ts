/**
 * Writing to our stdout and stderr, also when another process has made them non-blocking.
 *
 * @module
 */
import { errorText } from "./text.ts";

/** Our stdout cannot be written any more. */
export class OutputError extends Error {
  override readonly name = "OutputError";
  /** Whether its reader is gone. Then there is no need to report the error. */
  readonly unread: boolean;

  /** @param cause the error of the system */
  constructor(cause: unknown) {
    super(`stdout cannot be written: ${errorText(cause)}`, { cause });
    const { code } = cause as { readonly code?: unknown };
    this.unread = code === "EPIPE" || code === "ECONNRESET";
  }
}

/**
 * Throws when the channel on our stdio has ended because stdout could not be written.
 *
 * @throws {OutputError}
 */
export function throwOutputError(end: Error | undefined): void {
  if (end?.cause instanceof OutputError) throw end.cause;
}

/** Our stdout or our stderr, as Deno has them. */
export interface StandardOutput {
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
}

/**
 * Writes all of `bytes`, and waits while there is no room for them.
 *
 * @throws the error of the system
 */
export function writeOut(output: StandardOutput, bytes: Uint8Array): Promise<void> {
  return writeAll(output, bytes, (piece) => output.write(piece));
}

/**
 * Writes all of `bytes`, and blocks the whole process while there is no room for them.
 *
 * @throws the error of the system
 */
export function writeOutSync(output: StandardOutput, bytes: Uint8Array): void {
  const writing = new Writing(bytes, output !== Deno.stderr);
  for (let piece = writing.piece; piece !== undefined; piece = writing.piece) {
    try {
      writing.wrote(output.writeSync(piece));
    } catch (error) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, writing.full(error));
    }
  }
}

/**
 * Writes all of `bytes` to a non-blocking output. As much as there is room for is written at once, without another
 * thread. The rest follows when there is room again.
 *
 * @throws the error of the system
 */
export function writeOutAtOnce(output: StandardOutput, bytes: Uint8Array): Promise<void> {
  return writeAll(output, bytes, (piece) => output.writeSync(piece));
}

async function writeAll(
  output: StandardOutput,
  bytes: Uint8Array,
  write: (piece: Uint8Array) => Promise<number> | number,
): Promise<void> {
  const writing = new Writing(bytes, output !== Deno.stderr);
  for (let piece = writing.piece; piece !== undefined; piece = writing.piece) {
    try {
      const count = write(piece);
      writing.wrote(typeof count === "number" ? count : await count);
    } catch (error) {
      const pause = writing.full(error);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/**
 * Up to this many bytes, a write to a pipe is atomic: all or nothing (POSIX, `PIPE_BUF`). On Windows, pipes are not
 * made non-blocking, so there is no limit.
 */
const PIECE = { linux: 4096, windows: Infinity }[Deno.build.os as string] ?? 512;

/** Deno 2.9 buffers up to this much of an unfinished line of stdout, in bytes (`std::io::LineWriter` of Rust). */
const LINE_BUFFER = 1024;

/** How soon a full pipe is tried again, in ms: the first time and, after doubling, at most. */
const FIRST_PAUSE = 1;
const LAST_PAUSE = 16;

const NEWLINE = 0x0a;
const NOTHING = new Uint8Array();

/**
 * The bytes that are still to be written.
 *
 * Our pipe may be non-blocking: when one of the processes that have inherited it makes it so, as Python's asyncio, Bun
 * and Node.js do, it is for all of them. A write to a full pipe then fails. It may have written a part, but does not
 * say how much. So the pieces are small enough to be written completely or not at all.
 */
class Writing {
  readonly #bytes: Uint8Array;
  readonly #keepsLines: boolean;
  #position = 0;
  #piece: Uint8Array | undefined;
  #pause = FIRST_PAUSE;

  /** @param keepsLines whether the output buffers an unfinished line when there is no room for it */
  constructor(bytes: Uint8Array, keepsLines: boolean) {
    this.#bytes = bytes;
    this.#keepsLines = keepsLines;
    this.#advance();
  }

  /** What to write now; `undefined` when everything is written. */
  get piece(): Uint8Array | undefined {
    return this.#piece;
  }

  /** Notes that `count` bytes of the piece are written. */
  wrote(count: number): void {
    this.#pause = FIRST_PAUSE;
    this.#position += count;
    this.#advance();
  }

  /**
   * Notes that the write of the piece has failed.
   *
   * @returns how long to wait before the next one, in ms
   * @throws the error, unless it says that there is no room
   */
  full(error: unknown): number {
    if (!(error instanceof Deno.errors.WouldBlock)) throw error;
    const piece = this.#piece ?? NOTHING;
    if (this.#keepsLines && piece.length < LINE_BUFFER && piece.at(-1) !== NEWLINE) {
      this.#position += piece.length;
      this.#piece = NOTHING; // writing it flushes what Deno has buffered
    }
    const pause = this.#pause;
    this.#pause = Math.min(LAST_PAUSE, 2 * pause);
    return pause;
  }

  #advance(): void {
    const rest = this.#bytes.subarray(this.#position);
    const piece = rest.subarray(0, PIECE);
    const lines = piece.lastIndexOf(NEWLINE) + 1;
    this.#piece = rest.length === 0 ? undefined : lines > 0 ? piece.subarray(0, lines) : piece;
  }
}
