/**
 * Writing to our stdout and stderr, whatever those who share them have made of them.
 *
 * @module
 */
import { errorText } from "./text.ts";

/** Our stdout takes nothing more. */
export class OutputError extends Error {
  override readonly name = "OutputError";
  /** Whether nobody reads it any more. Then nobody has to be told either. */
  readonly unread: boolean;

  /** @param cause what the system says */
  constructor(cause: unknown) {
    super(`stdout cannot be written: ${errorText(cause)}`, { cause });
    const { code } = cause as { readonly code?: unknown };
    this.unread = code === "EPIPE" || code === "ECONNRESET";
  }
}

/**
 * Tells why a conversation on our stdio has ended, if it is because stdout took nothing more.
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
 * @throws what the system says
 */
export function writeOut(output: StandardOutput, bytes: Uint8Array): Promise<void> {
  return writeAll(output, bytes, (piece) => output.write(piece));
}

/**
 * Writes all of `bytes`, and lets nothing else run while there is no room for them.
 *
 * @throws what the system says
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
 * Writes all of `bytes` to an output that never makes us wait: at once as far as there is room, which takes no other
 * thread, and the rest when there is room again.
 *
 * @throws what the system says
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

/** A pipe takes so much at once or nothing of it (POSIX, `PIPE_BUF`), in bytes. Windows has no such pipes. */
const PIECE = { linux: 4096, windows: Infinity }[Deno.build.os as string] ?? 512;

/** Deno 2.9 keeps up to so much of an unfinished line of stdout, in bytes (`std::io::LineWriter` of Rust). */
const LINE_BUFFER = 1024;

/** How soon a full pipe is tried again, in ms: at first, and at last. */
const FIRST_PAUSE = 1;
const LAST_PAUSE = 16;

const NEWLINE = 0x0a;
const NOTHING = new Uint8Array();

/**
 * What is still to be written.
 *
 * A pipe can be full without making us wait: it is non-blocking for all who have inherited it as soon as one of them
 * makes it so, as Python's asyncio, Bun and Node.js do. The write fails then, and may have taken a part, but does not
 * say how much. So pieces are written of which it takes all or nothing.
 */
class Writing {
  readonly #bytes: Uint8Array;
  readonly #keepsLines: boolean;
  #position = 0;
  #piece: Uint8Array | undefined;
  #pause = FIRST_PAUSE;

  /** @param keepsLines whether a line without an end is kept when there is no room for it */
  constructor(bytes: Uint8Array, keepsLines: boolean) {
    this.#bytes = bytes;
    this.#keepsLines = keepsLines;
    this.#advance();
  }

  /** What to write now; `undefined` when everything is written. */
  get piece(): Uint8Array | undefined {
    return this.#piece;
  }

  /** So many bytes of the piece are written. */
  wrote(count: number): void {
    this.#pause = FIRST_PAUSE;
    this.#position += count;
    this.#advance();
  }

  /**
   * The write of the piece has failed.
   *
   * @returns how long to wait before the next one, in ms
   * @throws the error, unless it says that there is no room
   */
  full(error: unknown): number {
    if (!(error instanceof Deno.errors.WouldBlock)) throw error;
    const piece = this.#piece ?? NOTHING;
    if (this.#keepsLines && piece.length < LINE_BUFFER && piece.at(-1) !== NEWLINE) {
      this.#position += piece.length;
      this.#piece = NOTHING; // which writes what was kept
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
