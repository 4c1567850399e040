/**
 * Reading a child's stdout.
 *
 * @module
 */
import type { ByteSource } from "./byte_pipes.ts";

const BUFFER_SIZE = 64 * 1024;

/** Below this size, in bytes, what was read is copied, so that its buffer can be used again. */
const COPY_LIMIT = BUFFER_SIZE / 2;

/**
 * Reads a stream into one buffer again and again. A stream that is left to make the buffers makes one of 64 KiB for each
 * message, however small.
 */
export class PipeReader implements ByteSource {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer = new ArrayBuffer(BUFFER_SIZE);

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader({ mode: "byob" });
  }

  async read(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#reader.read(new Uint8Array(this.#buffer));
    if (done || value === undefined) return undefined;
    if (value.length > COPY_LIMIT) {
      this.#buffer = new ArrayBuffer(BUFFER_SIZE);
      return value;
    }
    this.#buffer = value.buffer;
    return value.slice();
  }

  /** Gives up the rest. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}
