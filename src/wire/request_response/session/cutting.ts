/**
 * Cutting messages that are larger than a packet may be.
 *
 * @module
 */
import type { Message } from "../../../core/message.ts";
import type { Subject } from "./frame.ts";

/** The longest character of UTF-8, in bytes. */
export const LONGEST_CHARACTER = 4;

/** What a message is about, for whoever gets only a piece of it. */
export function subjectOf({ kind, id }: Message): Subject | undefined {
  return (kind === "request" || kind === "response") && id !== undefined ? { kind, id } : undefined;
}

/** How much of `maximum` is left for the payload beside a subject, whose `id` may be long; at least one character. */
export function roomBeside(subject: Subject | undefined, maximum: number): number {
  return Math.max(LONGEST_CHARACTER, subject === undefined ? maximum : maximum - 3 * subject.id.length);
}

/**
 * The last end of a character up to `end`. Each piece says that it is UTF-8, so none may end within one (RFC 3629,
 * section 3).
 */
export function characterBoundary(bytes: Uint8Array, end: number): number {
  let boundary = end;
  while (end - boundary < LONGEST_CHARACTER && ((bytes[boundary] ?? 0) & 0xc0) === 0x80) boundary--;
  return end - boundary < LONGEST_CHARACTER ? boundary : end;
}
