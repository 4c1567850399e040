/**
 * Bytes as text and text as bytes, and how much room they take.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { ToolError } from "./tool_error.ts";

/** How bytes are written as text. */
export type Encoding = "utf8" | "base64";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as text if they are UTF-8, else as base64. */
export function toText(bytes: Uint8Array): { readonly text: string; readonly encoding: Encoding } {
  return isText(bytes)
    ? { text: strict.decode(bytes), encoding: "utf8" }
    : { text: toBase64(bytes), encoding: "base64" };
}

/** Whether bytes are UTF-8. */
export function isText(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

/**
 * The bytes of a text.
 *
 * @param what whose text it is, for the error
 * @throws {ToolError} when it is not base64, though it should be
 */
export function toBytes(text: string, encoding: Encoding, what: string): Uint8Array {
  if (encoding === "utf8") return new TextEncoder().encode(text);
  const bytes = Buffer.from(text, "base64");
  // Node skips characters that are not base64, but the agent should know about them.
  if (bytes.toString("base64").replaceAll("=", "") !== text.replaceAll(/[\s=]/g, "")) {
    throw new ToolError(`${what} is not base64, though its encoding says so`);
  }
  return bytes;
}

/** How many bytes a value takes as JSON text. */
export function jsonSize(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** A part of some bytes. */
export interface Piece {
  readonly text: string;
  readonly encoding: Encoding;
  /** The byte at which the rest begins. */
  readonly end: number;
}

/**
 * The bytes from `offset` on, as many as fit into `room` bytes of JSON text. Characters and groups of base64 stay
 * whole.
 */
export function cutText(bytes: Uint8Array, offset: number, room: number): Piece {
  const text = isText(bytes);
  const begin = Math.min(text ? boundary(bytes, offset) : offset, bytes.length);
  if (!text) {
    const end = Math.min(bytes.length, begin + Math.max(0, Math.floor((room - 2) / 4) * 3));
    return { text: toBase64(bytes.subarray(begin, end)), encoding: "base64", end };
  }
  let length = Math.max(0, Math.min(bytes.length - begin, room - 2));
  while (true) {
    const end = boundary(bytes, begin + length);
    const part = strict.decode(bytes.subarray(begin, end));
    const size = jsonSize(part);
    if (size <= room || length <= 0) return { text: part, encoding: "utf8", end };
    // JSON may need six characters for one.
    length = Math.min(length - 1, Math.floor(length * (room - 2) / size));
  }
}

/** The last position up to `offset` at which a character begins. */
function boundary(bytes: Uint8Array, offset: number): number {
  let position = Math.min(offset, bytes.length);
  while (position > 0 && position < bytes.length && ((bytes[position] ?? 0) & 0xc0) === 0x80) position--;
  return position;
}

/** How many of the first `rows`, as a JSON list, take no more than `room` bytes. */
export function fitting(rows: readonly unknown[], room: number): number {
  let left = room;
  const first = rows.findIndex((row) => (left -= jsonSize(row) + 1) < 0); // with the comma
  return first < 0 ? rows.length : first;
}
