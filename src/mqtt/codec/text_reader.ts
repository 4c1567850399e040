/**
 * The texts of packets, which are few and come again and again.
 *
 * @module
 */

/** Longer texts are not remembered. */
const LONGEST = 256;

/** A power of two. */
const SLOTS = 256;

interface Slot {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Decodes UTF-8, and remembers what it has decoded: to compare a topic with one that came before is several times
 * faster than to decode it. Each slot holds one text, and a new one takes it over.
 */
export class TextReader {
  readonly #slots: (Slot | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #decoder = new TextDecoder();

  /** The text between `start` and `end`. */
  read(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return "";
    if (length > LONGEST) return this.#decoder.decode(bytes.subarray(start, end));
    let hash = length;
    for (let position = start; position < end; position++) hash = Math.imul(hash, 31) + (bytes[position] ?? 0);
    const index = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const slot = this.#slots[index];
    if (slot !== undefined && same(slot.bytes, bytes, start, length)) return slot.text;
    const own = bytes.slice(start, end);
    const text = this.#decoder.decode(own);
    this.#slots[index] = { bytes: own, text };
    return text;
  }
}

function same(own: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (own.length !== length) return false;
  for (let index = 0; index < length; index++) {
    if (own[index] !== bytes[start + index]) return false;
  }
  return true;
}
