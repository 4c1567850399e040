/**
 * Format 1: messages that are larger than a packet may be.
 *
 * @module
 */
import { Message } from "../../../../core/message.ts";
import { characterBoundary, LONGEST_CHARACTER, roomBeside, subjectOf } from "../cutting.ts";
import { type Frame, NOTHING, type Subject } from "../frame.ts";

/** A piece of a message. */
export interface Part {
  readonly payload: Uint8Array;
  readonly more: boolean;
  readonly subject?: Subject;
}

/** Cuts a message into parts of at most `limit` bytes, or of one character where that is longer; usually one. */
export function* splitMessage(message: Message, limit: number): Generator<Part> {
  const { bytes } = message;
  const maximum = Math.max(limit, LONGEST_CHARACTER);
  if (bytes.length <= maximum) {
    yield { payload: bytes, more: false };
    return;
  }
  const subject = subjectOf(message);
  for (let start = 0; start < bytes.length;) {
    const limit = start === 0 ? roomBeside(subject, maximum) : maximum;
    const end = characterBoundary(bytes, Math.min(bytes.length, start + limit));
    const payload = bytes.subarray(start, end);
    yield { payload, more: end < bytes.length, ...(start === 0 && subject !== undefined ? { subject } : {}) };
    start = end;
  }
}

/** A whole message, and the Correlation Data of its first part. */
export interface Assembled {
  readonly message: Message;
  readonly correlation: Uint8Array | undefined;
}

/** Room for the first parts of a message, in bytes. */
const FIRST_ROOM = 64 * 1024;

/** Puts parts together, up to a limit: in one buffer, so that a part costs no more than the bytes in it. */
export class Assembler {
  readonly #maximum: number;
  readonly #tooLarge: (bytes: number, subject: Subject | undefined) => void;
  #buffer: Uint8Array | undefined;
  #bytes = 0;
  #subject: Subject | undefined;
  #correlation: Uint8Array | undefined;

  /**
   * @param maximum largest message, in bytes
   * @param tooLarge told of each message that was larger, when all of it has gone by
   */
  constructor(maximum: number, tooLarge: (bytes: number, subject: Subject | undefined) => void) {
    this.#maximum = maximum;
    this.#tooLarge = tooLarge;
  }

  /** Takes the next part. The message, when this was the last one and it is not too large. */
  add({ payload, more = false, subject, correlation }: Frame): Assembled | undefined {
    if (!more && this.#bytes === 0 && payload.length <= this.#maximum) {
      return { message: new Message(payload), correlation };
    }
    this.#subject ??= subject;
    this.#correlation ??= correlation?.slice();
    const end = this.#bytes + payload.length;
    if (end <= this.#maximum) this.#append(payload, end);
    else this.#buffer = undefined;
    this.#bytes = end;
    return more ? undefined : this.#finish();
  }

  #append(payload: Uint8Array, end: number): void {
    let buffer = this.#buffer ?? new Uint8Array(Math.min(FIRST_ROOM, this.#maximum));
    if (end > buffer.length) {
      buffer = new Uint8Array(Math.min(this.#maximum, Math.max(end, 2 * buffer.length)));
      if (this.#buffer !== undefined) buffer.set(this.#buffer.subarray(0, this.#bytes));
    }
    buffer.set(payload, this.#bytes);
    this.#buffer = buffer;
  }

  #finish(): Assembled | undefined {
    const [buffer, bytes, subject, correlation] = [this.#buffer, this.#bytes, this.#subject, this.#correlation];
    this.#buffer = undefined;
    this.#bytes = 0;
    this.#subject = undefined;
    this.#correlation = undefined;
    if (bytes <= this.#maximum) return { message: new Message((buffer ?? NOTHING).subarray(0, bytes)), correlation };
    this.#tooLarge(bytes, subject);
  }
}
