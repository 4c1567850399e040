/** Byte streams of tests. @module */
import type { ByteSink, ByteSource } from "../../src/stdio/mod.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A byte stream that a test feeds, one read at a time. */
export class Feed implements ByteSource {
  readonly #chunks: Uint8Array[] = [];
  #ended = false;
  #arrived = Promise.withResolvers<void>();

  /** What the next read gives. */
  push(text: string): this {
    this.#chunks.push(encoder.encode(text));
    this.#arrived.resolve();
    return this;
  }

  end(): this {
    this.#ended = true;
    this.#arrived.resolve();
    return this;
  }

  async read(): Promise<Uint8Array | undefined> {
    while (true) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined || this.#ended) return chunk;
      this.#arrived = Promise.withResolvers();
      await this.#arrived.promise;
    }
  }
}

/** A byte sink that remembers each write by itself. */
export class Record implements ByteSink {
  readonly writes: string[] = [];
  #written = Promise.withResolvers<void>();

  write(bytes: Uint8Array): Promise<void> {
    this.writes.push(decoder.decode(bytes));
    this.#written.resolve();
    this.#written = Promise.withResolvers();
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves after the write with this number, from 1. */
  async written(count: number): Promise<void> {
    while (this.writes.length < count) await this.#written.promise;
  }
}

/** Everything that a source still gives, as text. */
export async function readAll(source: ByteSource): Promise<string> {
  let text = "";
  while (true) {
    const chunk = await source.read();
    if (chunk === undefined) return text;
    text += decoder.decode(chunk);
  }
}
