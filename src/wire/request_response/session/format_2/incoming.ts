/**
 * What arrives in format 2, put in order and together.
 *
 * @module
 */
import { Message } from "../../../../core/message.ts";
import type { Arrival, Incoming, Outcome } from "../format.ts";
import { type Frame, NOTHING, type Piece, type Subject } from "../frame.ts";
import { behind, type Position, START } from "../position.ts";
import { costOf, LINE_FEED } from "./outgoing.ts";

/** A message of which pieces have come. */
interface Partial {
  bytes: Uint8Array;
  readonly length: number;
  readonly correlation: Uint8Array | undefined;
}

/** Room for the first pieces of a message, in bytes. More is only taken when more has come. */
const FIRST_ROOM = 64 * 1024;

/** Puts messages in order and together, up to a limit. */
export class IncomingMessages implements Incoming {
  readonly #maximum: number;
  readonly #tooLarge: (bytes: number, subject: Subject | undefined) => void;
  #received = START;
  #partial: Partial | undefined;

  /**
   * @param maximum largest message, in bytes
   * @param tooLarge told of each message that is larger, as soon as it begins
   */
  constructor(maximum: number, tooLarge: (bytes: number, subject: Subject | undefined) => void) {
    this.#maximum = maximum;
    this.#tooLarge = tooLarge;
  }

  get received(): Position {
    return this.#received;
  }

  take(frame: Frame, sequence: number, arrived: (arrival: Arrival) => void): Outcome {
    const { piece, batch = 1 } = frame;
    const { number } = this.#received;
    if (sequence + batch - 1 <= number) return "known";
    if (sequence > number + 1) return "gap";
    if (batch > 1) return this.#takeBatch(frame.payload, sequence, batch, arrived);
    if (piece !== undefined) return this.#takePiece(frame, piece, arrived);
    this.#arrived(frame.payload, frame.correlation, arrived, frame.end === true);
    return "taken";
  }

  #takeBatch(payload: Uint8Array, sequence: number, count: number, arrived: (arrival: Arrival) => void): Outcome {
    const messages = lines(payload, count);
    if (messages === undefined) return "malformed";
    for (const bytes of messages.slice(this.#received.number + 1 - sequence)) this.#arrived(bytes, undefined, arrived);
    return "taken";
  }

  #takePiece(
    { payload, subject, correlation }: Frame,
    { offset, length }: Piece,
    arrived: (arrival: Arrival) => void,
  ): Outcome {
    const { number, offset: have } = this.#received;
    const end = offset + payload.length;
    if (end > length || (this.#partial !== undefined && this.#partial.length !== length)) return "malformed";
    if (offset > have) return "gap";
    if (length > this.#maximum) {
      this.#arrived(NOTHING, undefined, arrived);
      this.#tooLarge(length, subject);
      return "taken";
    }
    if (end <= have) return "known";
    const partial = this.#partial ??= {
      bytes: new Uint8Array(Math.min(length, FIRST_ROOM)),
      length,
      correlation: correlation?.slice(),
    };
    if (end > partial.bytes.length) {
      partial.bytes = grown(partial.bytes, have, Math.min(length, Math.max(end, 2 * have)));
    }
    partial.bytes.set(payload.subarray(have - offset), have);
    if (end < length) this.#received = { number, offset: end };
    else this.#arrived(partial.bytes, partial.correlation, arrived);
    return "taken";
  }

  #arrived(
    bytes: Uint8Array,
    correlation: Uint8Array | undefined,
    arrived: (arrival: Arrival) => void,
    end = false,
  ): void {
    const number = this.#received.number + 1;
    this.#received = behind(number);
    this.#partial = undefined;
    const message = bytes.length === 0 ? undefined : new Message(bytes);
    arrived({ number, message, correlation, cost: costOf(bytes.length), end: end && message === undefined });
  }
}

function grown(bytes: Uint8Array, used: number, length: number): Uint8Array {
  const larger = new Uint8Array(length);
  larger.set(bytes.subarray(0, used));
  return larger;
}

/** The lines of a batch; `undefined` when they are not so many. */
function lines(payload: Uint8Array, count: number): Uint8Array[] | undefined {
  const found: Uint8Array[] = [];
  let start = 0;
  for (let end = payload.indexOf(LINE_FEED); end >= 0; end = payload.indexOf(LINE_FEED, start)) {
    if (found.length >= count) return undefined;
    found.push(payload.subarray(start, end));
    start = end + 1;
  }
  found.push(payload.subarray(start));
  return found.length === count ? found : undefined;
}
