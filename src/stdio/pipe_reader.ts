/**
 * Reading what a child writes.
 *
 * @module
 */
import type { ByteSource } from "./byte_pipes.ts";

/** In bytes: what waits for messages, and what is in the middle of large ones. */
const SMALL_BUFFER = 8 * 1024;
const LARGE_BUFFER = 64 * 1024;

/**
 * Reads a stream into one buffer again and again. A stream that is left to make the buffers makes one of 64 KiB for each
 * message, however small, and keeps one for as long as nothing comes: with many children, most of our memory.
 */
export class PipeReader implements ByteSource {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer = new ArrayBuffer(SMALL_BUFFER);

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader({ mode: "byob" });
  }

  async read(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#reader.read(new Uint8Array(this.#buffer));
    if (done || value === undefined) return undefined;
    const { length, buffer } = value;
    const size = length === buffer.byteLength
      ? LARGE_BUFFER
      : length <= SMALL_BUFFER
      ? SMALL_BUFFER
      : buffer.byteLength;
    // Below half of it, what was read is copied, so that its buffer can be used again.
    const copies = length <= buffer.byteLength / 2;
    this.#buffer = copies && size === buffer.byteLength ? buffer : new ArrayBuffer(size);
    return copies ? value.slice() : value;
  }

  /** Gives up the rest. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}
