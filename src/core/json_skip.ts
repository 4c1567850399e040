/**
 * Skipping JSON values without parsing them.
 *
 * Everything here takes time in proportion to the bytes that it passes. It has to be faster than `JSON.parse` for any
 * input, also a hostile one: many short strings, long strings, escapes.
 *
 * Source: RFC 8259.
 *
 * @module
 */
import { indexOfByte } from "./bytes.ts";

/** Begins and ends a string. */
export const QUOTE = 0x22;
/** Begins an escape. */
export const BACKSLASH = 0x5c;
/** Begins an object. */
export const OPEN_BRACE = 0x7b;
/** Ends an object. */
export const CLOSE_BRACE = 0x7d;
/** Begins an array. */
export const OPEN_BRACKET = 0x5b;
/** Ends an array. */
export const CLOSE_BRACKET = 0x5d;
/** Stands between members. */
export const COMMA = 0x2c;

const ZERO = 0x30;

const decoder = new TextDecoder();

/** The position after the value that starts at `start`, or -1. */
export function skipValue(bytes: Uint8Array, start: number): number {
  switch (bytes[start]) {
    case QUOTE:
      return skipString(bytes, start);
    case OPEN_BRACE:
    case OPEN_BRACKET:
      return skipContainer(bytes, start);
    default:
      return skipLiteral(bytes, start);
  }
}

/** The position after the number or the `true`, `false` or `null` that starts at `start`, or -1. */
function skipLiteral(bytes: Uint8Array, start: number): number {
  let end = start;
  while (isDigit(bytes[end])) end++;
  // A plain number, which nearly every id is.
  if (end > start && (bytes[start] !== ZERO || end === start + 1) && !isLiteralByte(bytes[end])) return end;
  while (end < bytes.length && isLiteralByte(bytes[end])) end++;
  if (end === start) return -1;
  return LITERAL.test(decoder.decode(bytes.subarray(start, end))) ? end : -1;
}

const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/** Whether a byte is one of `0` to `9`. */
export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isLiteralByte(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte !== COMMA && byte !== CLOSE_BRACE && byte !== CLOSE_BRACKET;
}

/** The position after the object or array that starts at `start`, or -1. Its inside is skipped, not checked. */
export function skipContainer(bytes: Uint8Array, start: number): number {
  const view = bytes.length - start < SMALL_CONTAINER ? undefined : viewOf(bytes);
  let depth = 0;
  let position = start;
  while (position < bytes.length) {
    const byte = bytes[position++] ?? 0;
    if (byte === QUOTE) {
      position = skipString(bytes, position - 1, view);
      if (position < 0) return -1;
    } else if (byte >= OPEN_BRACKET) { // most other bytes are smaller: digits, commas, white space
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return position;
    }
  }
  return -1;
}

/**
 * A string is searched byte by byte up to the first limit, then four bytes at a time up to the second, then by V8. In
 * bytes.
 */
const SHORT_STRING = 16;
const MIDDLE_STRING = 1024;

/** In a container smaller than this, in bytes, a view would cost more than it saves. */
const SMALL_CONTAINER = 512;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * The position after the string whose opening quote is at `start`, or -1.
 *
 * @param view a view of `bytes`, if there is one
 */
export function skipString(bytes: Uint8Array, start: number, view?: DataView): number {
  let position = start + 1;
  const near = Math.min(position + SHORT_STRING, bytes.length);
  while (position < near) {
    const byte = bytes[position];
    if (byte === QUOTE) return position + 1;
    position += byte === BACKSLASH ? 2 : 1;
  }
  if (view !== undefined) position = skipPlain(view, position, Math.min(start + MIDDLE_STRING, bytes.length - 4));
  while (position < bytes.length) {
    const quote = indexOfByte(bytes, QUOTE, position);
    if (quote < 0) return -1;
    let escapes = quote;
    while (escapes > position && bytes[escapes - 1] === BACKSLASH) escapes--;
    if ((quote - escapes) % 2 === 0) return quote + 1;
    position = quote + 1;
  }
  return -1;
}

/** Skips bytes that are neither a quote nor a backslash. May stop early, but never goes beyond `limit`. */
function skipPlain(view: DataView, start: number, limit: number): number {
  let position = start;
  while (position < limit) {
    const four = view.getInt32(position);
    if (hasZero(four ^ FOUR_QUOTES) || hasZero(four ^ FOUR_BACKSLASHES)) return position;
    position += 4;
  }
  return position;
}

const FOUR_QUOTES = 0x22222222;
const FOUR_BACKSLASHES = 0x5c5c5c5c;

/** Whether one of four bytes is zero. */
function hasZero(four: number): boolean {
  return ((four - 0x01010101) & ~four & 0x80808080) !== 0;
}

/** The position of the next byte that is not white space, or of the end. */
export function skipWhitespace(bytes: Uint8Array, start: number): number {
  let position = start;
  while (position < bytes.length) {
    const byte = bytes[position];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    position++;
  }
  return position;
}
