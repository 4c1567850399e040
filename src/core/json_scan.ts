/**
 * JSON as bytes: where its values begin and end, without parsing them.
 *
 * Everything here takes time in proportion to the bytes that it passes.
 *
 * Source: RFC 8259.
 *
 * @module
 */
import { indexOfByte } from "./bytes.ts";

/** Begins and ends a string. */
export const QUOTE = 0x22;
/** Takes its meaning from the character behind it. */
export const BACKSLASH = 0x5c;
/** Begins an object. */
export const OPEN_BRACE = 0x7b;
/** Ends an object. */
export const CLOSE_BRACE = 0x7d;
/** Begins an array. */
export const OPEN_BRACKET = 0x5b;
/** Ends an array. */
export const CLOSE_BRACKET = 0x5d;

/** Stands between the name and the value of a member. */
const COLON = 0x3a;
/** Stands between members. */
const COMMA = 0x2c;

const ZERO = 0x30;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The members of an object, one after the other. */
export class Members {
  /** Where the name begins and ends, quotes included. */
  nameStart = 0;
  nameEnd = 0;
  /** Where the value begins and ends. */
  start = 0;
  end = 0;
  /** The position behind the object, once all members have been read; -1 when it is not well-formed. */
  close = -1;
  readonly #bytes: Uint8Array;
  #position: number;
  #first = true;

  /** @param open where the object begins */
  constructor(bytes: Uint8Array, open: number) {
    this.#bytes = bytes;
    this.#position = open + 1;
  }

  /** Goes on to the next member; `false` when there is none. */
  next(): boolean {
    const bytes = this.#bytes;
    let position = skipWhitespace(bytes, this.#position);
    if (bytes[position] === CLOSE_BRACE) {
      this.close = position + 1;
      return false;
    }
    if (!this.#first) {
      if (bytes[position] !== COMMA) return false;
      position = skipWhitespace(bytes, position + 1);
    }
    this.#first = false;
    this.nameStart = position;
    this.nameEnd = bytes[position] === QUOTE ? skipString(bytes, position) : -1;
    if (this.nameEnd < 0) return false;
    position = skipWhitespace(bytes, this.nameEnd);
    if (bytes[position] !== COLON) return false;
    this.start = skipWhitespace(bytes, position + 1);
    this.end = skipValue(bytes, this.start);
    this.#position = this.end;
    return this.end >= 0;
  }

  /** Whether the member has this name, however it is spelled. */
  isNamed(name: string): boolean {
    const [bytes, start, end] = [this.#bytes, this.nameStart, this.nameEnd];
    if (spells(bytes, start, end, name)) return true;
    return hasEscape(bytes, start, end) && readString(bytes, start, end) === name;
  }
}

/** Where a value stands. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the value stands that is reached by these names, one object inside the other; `undefined` when there is none. */
export function findMember(bytes: Uint8Array, ...names: readonly string[]): Span | undefined {
  let found: Span = { start: skipWhitespace(bytes, 0), end: bytes.length };
  for (const name of names) {
    if (bytes[found.start] !== OPEN_BRACE) return undefined;
    const members = new Members(bytes, found.start);
    let last: Span | undefined;
    while (members.next()) {
      if (members.isNamed(name)) last = { start: members.start, end: members.end }; // of several, the last one counts
    }
    if (last === undefined || members.close < 0) return undefined;
    found = last;
  }
  return found;
}

/** Where the elements of an array stand; none when it is no array, or not well-formed. */
export function elementsOf(bytes: Uint8Array): Span[] {
  const open = skipWhitespace(bytes, 0);
  if (bytes[open] !== OPEN_BRACKET) return [];
  const elements: Span[] = [];
  for (let position = open; bytes[position] !== CLOSE_BRACKET;) {
    if (position !== open && bytes[position] !== COMMA) return [];
    const start = skipWhitespace(bytes, position + 1);
    if (position === open && bytes[start] === CLOSE_BRACKET) return [];
    const end = skipValue(bytes, start);
    if (end < 0) return [];
    elements.push({ start, end });
    position = skipWhitespace(bytes, end);
  }
  return elements;
}

function spells(bytes: Uint8Array, start: number, end: number, key: string): boolean {
  if (end - start !== key.length + 2) return false;
  for (let index = 0; index < key.length; index++) {
    if (bytes[start + 1 + index] !== key.charCodeAt(index)) return false;
  }
  return true;
}

/** Decodes the JSON string between `start` and `end`, quotes included; `undefined` when it is not valid JSON. */
export function readString(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (!hasEscape(bytes, start, end)) return readText(bytes, start + 1, end - 1);
  try {
    return JSON.parse(readText(bytes, start, end));
  } catch {
    return undefined;
  }
}

/** Text this short is put together here: calling the decoder would cost more than the message's whole scan. */
const SHORT_TEXT = 48;

/** The text between `start` and `end`. */
export function readText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT_TEXT) return decoder.decode(bytes.subarray(start, end));
  let text = "";
  for (let position = start; position < end; position++) {
    const byte = bytes[position] ?? 0;
    if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let position = start; position < end; position++) {
    if (bytes[position] === BACKSLASH) return true;
  }
  return false;
}

/** The position after the value that starts at `start`, or -1. */
function skipValue(bytes: Uint8Array, start: number): number {
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
  return LITERAL.test(readText(bytes, start, end)) ? end : -1;
}

const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isLiteralByte(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte !== COMMA && byte !== CLOSE_BRACE && byte !== CLOSE_BRACKET;
}

/** The position after the object or array that starts at `start`, or -1. Its inside is skipped, not checked. */
export function skipContainer(bytes: Uint8Array, start: number): number {
  let depth = 0;
  for (let position = start; position < bytes.length; position++) {
    switch (bytes[position]) {
      case QUOTE: {
        const end = skipString(bytes, position);
        if (end < 0) return -1;
        position = end - 1;
        break;
      }
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (--depth === 0) return position + 1;
        break;
    }
  }
  return -1;
}

/** Strings shorter than this are searched byte by byte, since a call of {@linkcode indexOfByte} costs about as much. */
const SHORT_STRING = 32;

/** The position after the string whose opening quote is at `start`, or -1. */
function skipString(bytes: Uint8Array, start: number): number {
  let position = start + 1;
  const near = Math.min(position + SHORT_STRING, bytes.length);
  while (position < near) {
    const byte = bytes[position];
    if (byte === QUOTE) return position + 1;
    position += byte === BACKSLASH ? 2 : 1;
  }
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

/** The position of the next byte that is no white space, or of the end. */
export function skipWhitespace(bytes: Uint8Array, start: number): number {
  let position = start;
  while (position < bytes.length) {
    const byte = bytes[position];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    position++;
  }
  return position;
}
