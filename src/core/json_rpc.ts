/**
 * The JSON-RPC envelope of a message, read without parsing its body.
 *
 * A proxy needs only three facts of a message: its kind, its `id` and its `method`. They are found by one
 * pass over the bytes that skips nested values, because a tool result may be megabytes that nobody here reads.
 *
 * Source: JSON-RPC 2.0 sections 4 and 5; MCP 2025-11-25, "Base protocol".
 *
 * @module
 */
import { indexOfByte } from "./bytes.ts";

/**
 * What a message is, as far as carrying it is concerned:
 * - `request`: has a `method` and an `id` that is a string or a number; somebody waits for its response
 * - `notification`: has a `method` and no `id`
 * - `response`: has no `method`, but an `id` that is a string, a number or null, and a `result` or an `error`
 * - `other`: any other JSON object, or an array (a batch); carried, but nobody is known to wait for it
 * - `malformed`: not a JSON object or array
 */
export type MessageKind = "request" | "notification" | "response" | "other" | "malformed";

/** What {@linkcode scanEnvelope} finds. */
export interface Envelope {
  readonly kind: MessageKind;
  /** The `id` as the JSON text that was sent: `7`, `"a"`, `9007199254740993`. Absent ids are `undefined`. */
  readonly id: string | undefined;
  /** The `method`, decoded. */
  readonly method: string | undefined;
}

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

const COLON = 0x3a;
const COMMA = 0x2c;
const MINUS = 0x2d;

const MALFORMED: Envelope = { kind: "malformed", id: undefined, method: undefined };
const BATCH: Envelope = { kind: "other", id: undefined, method: undefined };
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads the envelope of one JSON-RPC message.
 *
 * Only the top level is checked: a broken value deep inside is the receiver's business, exactly as it would be
 * without a proxy. Of a repeated key the last one counts, as with `JSON.parse`. Never throws.
 */
export function scanEnvelope(bytes: Uint8Array): Envelope {
  let position = skipWhitespace(bytes, 0);
  if (bytes[position] === OPEN_BRACKET) {
    const end = skipContainer(bytes, position);
    return end > 0 && skipWhitespace(bytes, end) === bytes.length ? BATCH : MALFORMED;
  }
  if (bytes[position] !== OPEN_BRACE) return MALFORMED;

  let id: string | undefined;
  let method: string | undefined;
  let answers = false;
  position = skipWhitespace(bytes, position + 1);
  if (bytes[position] === CLOSE_BRACE) {
    return skipWhitespace(bytes, position + 1) === bytes.length ? BATCH : MALFORMED;
  }
  while (true) {
    if (bytes[position] !== QUOTE) return MALFORMED;
    const keyEnd = skipString(bytes, position);
    if (keyEnd < 0) return MALFORMED;
    const key = readKey(bytes, position, keyEnd);

    position = skipWhitespace(bytes, keyEnd);
    if (bytes[position] !== COLON) return MALFORMED;
    const start = skipWhitespace(bytes, position + 1);
    const end = skipValue(bytes, start);
    if (end < 0) return MALFORMED;

    if (key === "id") {
      if (bytes[start] === QUOTE && readString(bytes, start, end) === undefined) return MALFORMED;
      id = readText(bytes, start, end);
    } else if (key === "method") {
      method = bytes[start] === QUOTE ? readString(bytes, start, end) : undefined;
      if (method === undefined && bytes[start] === QUOTE) return MALFORMED;
    } else if (key === "result" || key === "error") {
      answers = true;
    }

    position = skipWhitespace(bytes, end);
    if (bytes[position] === CLOSE_BRACE) break;
    if (bytes[position] !== COMMA) return MALFORMED;
    position = skipWhitespace(bytes, position + 1);
  }
  if (skipWhitespace(bytes, position + 1) !== bytes.length) return MALFORMED;
  return { kind: kindOf(id, method, answers), id, method };
}

function kindOf(id: string | undefined, method: string | undefined, answers: boolean): MessageKind {
  if (method !== undefined) {
    if (id === undefined) return "notification";
    return isStringOrNumber(id) ? "request" : "other";
  }
  return id !== undefined && answers && (isStringOrNumber(id) || id === "null") ? "response" : "other";
}

function isStringOrNumber(json: string): boolean {
  const first = json.charCodeAt(0);
  return first === QUOTE || first === MINUS || (first >= 0x30 && first <= 0x39);
}

/**
 * The key under which a request and its response find each other.
 *
 * A peer that parses an id and writes it again may change its spelling (`1.0` to `1`, `"\u0061"` to `"a"`), so
 * unusual spellings are reduced to the one that `JSON.stringify` gives. Plain integers are kept digit by digit:
 * Python's json module, for one, writes more of them than a double holds.
 *
 * @param id of a request or a response, as {@linkcode scanEnvelope} gives it
 */
export function idKey(id: string): string {
  if (/^(?:0|-?[1-9]\d*|"[^"\\]*")$/.test(id)) return id;
  const value: unknown = JSON.parse(id);
  const tooLarge = value === Infinity || value === -Infinity;
  return tooLarge ? id : JSON.stringify(value);
}

const KEYS = ["id", "method", "result", "error"] as const;

/** Which of the keys that matter stands between `start` and `end`, quotes included. */
function readKey(bytes: Uint8Array, start: number, end: number): (typeof KEYS)[number] | undefined {
  for (const key of KEYS) {
    if (spells(bytes, start, end, key)) return key;
  }
  if (!hasEscape(bytes, start, end)) return undefined;
  const decoded = readString(bytes, start, end);
  return KEYS.find((key) => key === decoded);
}

function spells(bytes: Uint8Array, start: number, end: number, key: string): boolean {
  if (end - start !== key.length + 2) return false;
  for (let index = 0; index < key.length; index++) {
    if (bytes[start + 1 + index] !== key.charCodeAt(index)) return false;
  }
  return true;
}

/** Decodes the JSON string between `start` and `end`, quotes included; `undefined` when it is not valid JSON. */
function readString(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (!hasEscape(bytes, start, end)) return readText(bytes, start + 1, end - 1);
  try {
    return JSON.parse(readText(bytes, start, end));
  } catch {
    return undefined;
  }
}

/** Text this short is put together here: calling the decoder would cost more than the message's whole scan. */
const SHORT_TEXT = 48;

function readText(bytes: Uint8Array, start: number, end: number): string {
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
  while (end < bytes.length && isLiteralByte(bytes[end])) end++;
  if (end === start) return -1;
  if (end - start === 1) return isDigit(bytes[start]) ? end : -1;
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
function skipContainer(bytes: Uint8Array, start: number): number {
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

function skipWhitespace(bytes: Uint8Array, start: number): number {
  let position = start;
  while (position < bytes.length) {
    const byte = bytes[position];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    position++;
  }
  return position;
}
