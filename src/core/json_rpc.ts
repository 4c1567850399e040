/**
 * The JSON-RPC envelope of a message, read without parsing its body.
 *
 * A proxy needs only three facts of a message: its kind, its `id` and its `method`. They are found by one pass over the
 * bytes that skips nested values. A tool result may have megabytes that the proxy has no need to read.
 *
 * Source: JSON-RPC 2.0 sections 4 and 5; MCP 2025-11-25, "Base protocol".
 *
 * @module
 */
import { findMember, Members, readString, readText } from "./json_scan.ts";
import { OPEN_BRACE, OPEN_BRACKET, QUOTE, skipContainer, skipWhitespace } from "./json_skip.ts";
import { TextReader } from "./text_reader.ts";

/**
 * The kind of a message, as far as the proxy needs it:
 * - `request`: has a `method` and an `id` that is a string or a number; its sender waits for a response
 * - `notification`: has a `method` and no `id`
 * - `response`: has no `method`, but an `id` that is a string, a number or null, and a `result` or an `error`
 * - `other`: any other JSON object, or an array (a batch); carried, but nobody is known to wait for an answer
 * - `invalid`: has an `id` of more than 1,024 bytes, which would take too much memory to remember
 * - `malformed`: not a JSON object or array
 */
export type MessageKind = "request" | "notification" | "response" | "other" | "invalid" | "malformed";

/** Longest `id`, in bytes of JSON text. The longest id that we have seen has 40. */
export const LONGEST_ID = 1_024;

/** What {@linkcode scanEnvelope} finds. */
export interface Envelope {
  readonly kind: MessageKind;
  /** The `id` as the JSON text that was sent: `7`, `"a"`, `9007199254740993`. Absent ids are `undefined`. */
  readonly id: string | undefined;
  /** The key that matches a response to its request; `undefined` for any other message. */
  readonly key: RequestKey | undefined;
  /** The `method`, decoded. */
  readonly method: string | undefined;
}

/**
 * A key that is the same for all spellings of an `id`: a number for a whole one of up to 15 digits, otherwise a text.
 */
export type RequestKey = number | string;

const MINUS = 0x2d;

const methods = new TextReader();

const MALFORMED: Envelope = { kind: "malformed", id: undefined, key: undefined, method: undefined };
const INVALID: Envelope = { kind: "invalid", id: undefined, key: undefined, method: undefined };
const OTHER: Envelope = { kind: "other", id: undefined, key: undefined, method: undefined };

/**
 * Reads the envelope of one JSON-RPC message.
 *
 * Only the top level is checked: a broken value deeper inside is left to the receiver, exactly as without a proxy. Of a
 * repeated key the last one counts, as with `JSON.parse`. Never throws.
 */
export function scanEnvelope(bytes: Uint8Array): Envelope {
  const open = skipWhitespace(bytes, 0);
  if (bytes[open] === OPEN_BRACKET) {
    const end = skipContainer(bytes, open);
    return end > 0 && skipWhitespace(bytes, end) === bytes.length ? OTHER : MALFORMED;
  }
  if (bytes[open] !== OPEN_BRACE) return MALFORMED;

  let id: string | undefined;
  let key: RequestKey | undefined;
  let method: string | undefined;
  let answers = false;
  let isTooLong = false;
  const members = new Members(bytes, open);
  while (members.next()) {
    const { start, end } = members;
    if (members.isNamed("id")) {
      isTooLong = end - start > LONGEST_ID;
      if (isTooLong) continue;
      if (bytes[start] === QUOTE && readString(bytes, start, end) === undefined) return MALFORMED;
      key = readShortNumber(bytes, start, end);
      id = key === undefined ? readText(bytes, start, end) : String(key);
    } else if (members.isNamed("method")) {
      method = bytes[start] === QUOTE ? readString(bytes, start, end, methods) : undefined;
      if (method === undefined && bytes[start] === QUOTE) return MALFORMED;
    } else if (members.isNamed("result") || members.isNamed("error")) {
      answers = true;
    }
  }
  if (members.close < 0 || skipWhitespace(bytes, members.close) !== bytes.length) return MALFORMED;
  if (isTooLong) return method === undefined ? INVALID : { ...INVALID, method };
  const kind = kindOf(id, method, answers);
  if (id === undefined || (kind !== "request" && kind !== "response")) key = undefined;
  else key ??= idKey(id);
  return { kind, id, key, method };
}

/** The string or the number at this path of member names, as JSON text; `undefined` when there is none. */
export function idAt(bytes: Uint8Array, ...names: readonly string[]): string | undefined {
  const found = findMember(bytes, ...names);
  if (found === undefined) return undefined;
  const { start, end } = found;
  if (end - start > LONGEST_ID) return undefined;
  if (bytes[start] === QUOTE) {
    return readString(bytes, start, end) === undefined ? undefined : readText(bytes, start, end);
  }
  const text = readText(bytes, start, end);
  return isStringOrNumber(text) ? text : undefined;
}

/**
 * The string at this path of member names, decoded; `undefined` when there is none, or one of more than
 * {@linkcode LONGEST_ID} bytes.
 */
export function stringAt(bytes: Uint8Array, ...names: readonly string[]): string | undefined {
  const { start, end } = findMember(bytes, ...names) ?? { start: 0, end: 0 };
  return bytes[start] === QUOTE && end - start <= LONGEST_ID ? readString(bytes, start, end) : undefined;
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
 * The key that matches a response to its request.
 *
 * A peer that parses an id and writes it again may change its spelling (`1.0` to `1`, `"\u0061"` to `"a"`), so
 * unusual spellings are reduced to the one that `JSON.stringify` gives. Plain integers are kept digit by digit:
 * Python's json module, for one, writes more of them than a double holds.
 *
 * @param id of a request or a response, as {@linkcode scanEnvelope} gives it
 */
export function idKey(id: string): RequestKey {
  if (SHORT_NUMBER.test(id)) return Number(id);
  if (PLAIN_ID.test(id)) return id;
  const value: unknown = JSON.parse(id);
  const tooLarge = value === Infinity || value === -Infinity;
  const usual = tooLarge ? id : JSON.stringify(value);
  return SHORT_NUMBER.test(usual) ? Number(usual) : usual;
}

/** A whole number that a double holds exactly. */
const SHORT_NUMBER = /^(?:0|-?[1-9]\d{0,14})$/;
/** An id that can be spelled in no other way. */
const PLAIN_ID = /^(?:-?[1-9]\d*|"[^"\\]*")$/;

/** The number between `start` and `end` if it has no sign and is short enough to be a key; otherwise `undefined`. */
function readShortNumber(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start > 15) return undefined;
  let value = 0;
  for (let position = start; position < end; position++) {
    const byte = bytes[position];
    if (byte === undefined || byte < 0x30 || byte > 0x39) return undefined;
    value = value * 10 + byte - 0x30;
  }
  return value;
}
