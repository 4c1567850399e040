/**
 * An excerpt of a JSON text that is too long to be kept.
 *
 * @module
 */
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, QUOTE } from "./json_skip.ts";

/** Strings longer than this, in bytes, are left out: no id and no method is that long. */
const LONGEST_STRING = 1_024;

/** No JSON-RPC message has more top-level text than this, in bytes. */
const LONGEST_EXCERPT = 16 * 1_024;

/** No batch has more text than this in the top level of its messages, in bytes. */
const LONGEST_BATCH = 1_024 * 1_024;

const NULL = new TextEncoder().encode("null");

/**
 * Reads a JSON object chunk by chunk and keeps its top level only: nested objects and arrays are emptied, and long
 * strings become `null`. That is enough to tell which message it was, so that a sender that waits for an answer gets
 * one. An array may be a batch: of it, the top level of each element is kept.
 */
export class EnvelopeExcerpt {
  #kept = new Uint8Array(LONGEST_EXCERPT);
  #length = 0;
  /** How many levels are kept: 1 for an object, 2 for an array. `undefined` before the text has begun. */
  #levels: number | undefined;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Where the string that is being read begins in the excerpt; -1 when it is too long to be kept. */
  #stringStart = 0;
  #overflow = false;

  /** Takes the next bytes. */
  push(chunk: Uint8Array): void {
    for (let position = 0; position < chunk.length && !this.#overflow; position++) {
      const byte = chunk[position] ?? 0;
      if (this.#inString) this.#pushInString(byte);
      else this.#pushOutside(byte);
    }
  }

  /** The excerpt; empty when it would have been too long. */
  end(): Uint8Array {
    return this.#overflow ? new Uint8Array() : this.#kept.slice(0, this.#length);
  }

  #pushInString(byte: number): void {
    const tooLong = this.#stringStart < 0;
    if (!tooLong) this.#keep(byte);
    if (this.#escaped) {
      this.#escaped = false;
    } else if (byte === BACKSLASH) {
      this.#escaped = true;
    } else if (byte === QUOTE) {
      this.#inString = false;
      if (tooLong) { for (const character of NULL) this.#keep(character); }
    }
    if (!tooLong && this.#inString && this.#length - this.#stringStart > LONGEST_STRING) {
      this.#length = this.#stringStart;
      this.#stringStart = -1;
    }
  }

  #pushOutside(byte: number): void {
    switch (byte) {
      case QUOTE:
        this.#inString = true;
        this.#stringStart = this.#length;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        this.#depth++;
        this.#levels ??= byte === OPEN_BRACKET ? 2 : 1;
        if (this.#depth === this.#levels + 1) this.#keep(byte, 1);
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        this.#depth--;
        break;
    }
    this.#keep(byte);
  }

  #keep(byte: number, depth = this.#depth): void {
    if (depth > (this.#levels ?? 1)) return;
    if (this.#length === this.#kept.length && !this.#grow()) this.#overflow = true;
    else this.#kept[this.#length++] = byte;
  }

  /** Makes room for a batch of many messages. Returns `false` at the limit. */
  #grow(): boolean {
    const { length } = this.#kept;
    if (this.#levels !== 2 || length >= LONGEST_BATCH) return false;
    const larger = new Uint8Array(2 * length);
    larger.set(this.#kept);
    this.#kept = larger;
    return true;
  }
}
