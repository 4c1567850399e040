/**
 * Reading the output of a child.
 *
 * @module
 */
import type { ByteSource } from "./byte_pipes.ts";

/** Size of the buffer while messages are small or none come, in bytes. */
const SMALL_BUFFER = 8 * 1024;

/** Size of the buffer while a large message is read, in bytes. */
const LARGE_BUFFER = 64 * 1024;

/**
 * Reads a stream into one buffer again and again. A stream that allocates its own buffers takes 64 KiB for each
 * message, however small. It also keeps one while nothing comes: with many children, that is most of our memory.
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
    // A chunk of up to half the buffer is copied, so that the buffer can be used again.
    const copies = length <= buffer.byteLength / 2;
    this.#buffer = copies && size === buffer.byteLength ? buffer : new ArrayBuffer(size);
    return copies ? value.slice() : value;
  }

  /** Discards the rest of the stream. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}
