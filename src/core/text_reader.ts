/**
 * Decoding texts that are repeated often: topics, names of properties, methods.
 *
 * @module
 */

/** Longer texts are not remembered. */
const LONGEST = 256;

/**
 * Numbers up to this length, in bytes, are decoded in a loop: they are nearly always new, and calling the decoder costs
 * more.
 */
const LONGEST_NUMBER = 16;

/** How many texts are remembered; a power of two. */
const SLOTS = 256;

interface Slot {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Decodes UTF-8, and remembers decoded texts: comparing a topic with a remembered one is several times faster than
 * decoding it. Each slot holds one text; a new one replaces it.
 */
export class TextReader {
  readonly #slots: (Slot | undefined)[] = new Array(SLOTS).fill(undefined);
  /** Source: MQTT 5.0 section 1.5.4: a byte order mark is a character like any other. */
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

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
    if (length <= LONGEST_NUMBER && isDigit(bytes[start])) {
      const number = numberText(bytes, start, end);
      if (number !== undefined) return number;
    }
    const own = bytes.slice(start, end);
    const text = this.#decoder.decode(own);
    this.#slots[index] = { bytes: own, text };
    return text;
  }
}

function numberText(bytes: Uint8Array, start: number, end: number): string | undefined {
  let value = 0;
  for (let position = start; position < end; position++) {
    const byte = bytes[position];
    if (!isDigit(byte) || value >= 1e14) return undefined;
    value = value * 10 + byte - 0x30;
  }
  return bytes[start] === 0x30 && end - start > 1 ? undefined : String(value);
}

function isDigit(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function same(own: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (own.length !== length) return false;
  for (let index = 0; index < length; index++) {
    if (own[index] !== bytes[start + index]) return false;
  }
  return true;
}
