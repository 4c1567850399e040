/**
 * Finding the members of JSON as bytes, without parsing them.
 *
 * Everything here takes time in proportion to the bytes that it passes.
 *
 * Source: RFC 8259.
 *
 * @module
 */
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  isDigit,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipString,
  skipValue,
  skipWhitespace,
} from "./json_skip.ts";
import type { TextReader } from "./text_reader.ts";

/** Stands between the name and the value of a member. */
const COLON = 0x3a;

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
  /** The position after the object, once all members have been read; -1 when it is not well-formed. */
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

  /**
   * Whether the member has this name, also when it is written with escapes. `name` has letters and underscores only.
   */
  isNamed(name: string): boolean {
    return spells(this.#bytes, this.nameStart + 1, this.nameEnd - 1, name);
  }

  /** The name, decoded; `undefined` when it is not valid JSON. */
  get name(): string | undefined {
    return readString(this.#bytes, this.nameStart, this.nameEnd);
  }
}

/** Where a value stands. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The span of the value at this path of member names; `undefined` when there is none. */
export function findMember(bytes: Uint8Array, ...names: readonly string[]): Span | undefined {
  let found: Span = { start: skipWhitespace(bytes, 0), end: bytes.length };
  for (const name of names) {
    if (bytes[found.start] !== OPEN_BRACE) return undefined;
    const members = new Members(bytes, found.start);
    const isPlain = /^\w+$/.test(name);
    let last: Span | undefined;
    while (members.next()) {
      // Of a repeated name, the last one counts.
      if (isPlain ? members.isNamed(name) : members.name === name) last = { start: members.start, end: members.end };
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

/** Whether the text between `start` and `end` is `name`, where each character may be an escape such as `\u0069`. */
function spells(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  let position = start;
  for (let index = 0; index < name.length; index++) {
    if (position >= end) return false;
    const code = name.charCodeAt(index);
    if (bytes[position] === code) position++;
    else if (bytes[position] === BACKSLASH && readEscape(bytes, position, end) === code) position += ESCAPE_LENGTH;
    else return false;
  }
  return position === end;
}

/** The length of an escape such as `\u0069`. */
const ESCAPE_LENGTH = 6;

/** The code of the character in an escape such as `\u0069`; `NaN` when it is malformed. */
function readEscape(bytes: Uint8Array, start: number, end: number): number {
  if (start + ESCAPE_LENGTH > end || bytes[start + 1] !== SMALL_U) return NaN;
  let code = 0;
  for (let position = start + 2; position < start + ESCAPE_LENGTH; position++) {
    code = code * 16 + hexDigit(bytes[position] ?? 0);
  }
  return code;
}

const SMALL_U = 0x75;

function hexDigit(byte: number): number {
  const letter = byte | 0x20;
  return isDigit(byte) ? byte - ZERO : letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : NaN;
}

/**
 * Decodes the JSON string between `start` and `end`, quotes included; `undefined` when it is not valid JSON.
 *
 * @param known remembers strings that come again and again
 */
export function readString(bytes: Uint8Array, start: number, end: number, known?: TextReader): string | undefined {
  if (!hasEscape(bytes, start, end)) {
    return known?.read(bytes, start + 1, end - 1) ?? readText(bytes, start + 1, end - 1);
  }
  try {
    return JSON.parse(readText(bytes, start, end));
  } catch {
    return undefined;
  }
}

/**
 * Up to this many bytes, text is decoded in a loop: calling the decoder would take longer than scanning the whole
 * message.
 */
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
