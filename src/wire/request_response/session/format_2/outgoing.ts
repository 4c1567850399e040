/**
 * What is sent in format 2: whole messages, several of them, or pieces of one.
 *
 * @module
 */
import { Backpressure } from "../../../../core/backpressure.ts";
import { concatBytes } from "../../../../core/bytes.ts";
import type { Message } from "../../../../core/message.ts";
import type { NumberedFrame, Outgoing } from "../format.ts";
import { NOTHING } from "../frame.ts";
import { characterBoundary, LONGEST_CHARACTER, roomBeside, subjectOf } from "../cutting.ts";
import { behind, isAfter, later, type Position, START } from "../position.ts";

/** So many packets may be unacknowledged before the peer has said what it allows. */
export const FIRST_WINDOW = 64;

/** So many packets may be unacknowledged whatever the peer says. */
const SMALLEST_WINDOW = 4;
const LARGEST_WINDOW = 512;

/** How many bytes may be with the peer unacknowledged; a single larger packet may be so alone. */
export const WINDOW_BYTES = 4 * 1024 * 1024;

/** Above this many bytes that are not acknowledged, a sender is asked to wait, until only half of them are left. */
const HIGH_WATER_MARK = 8 * 1024 * 1024;

/** What a message counts at least, in bytes: it takes more memory than its text. */
const SMALLEST_COST = 1024;

/** The largest batch, in bytes; a larger one would save nothing more. */
const LARGEST_BATCH = 32 * 1024;

/** A longer message travels alone, in bytes. */
const LARGEST_IN_BATCH = 8 * 1024;

/** Between the messages of a batch. */
export const LINE_FEED = 0x0a;

interface Entry {
  /** `undefined` when the number stands for no message. */
  readonly message: Message | undefined;
  readonly bytes: Uint8Array;
  readonly cost: number;
  /** Whether it may travel with others. */
  readonly small: boolean;
  /** Whether it stands for the end of this direction. */
  readonly end: boolean;
  /** Whether it stands for another one, of which pieces may have gone out: it goes out whole. */
  readonly replaces: boolean;
}

interface Packet {
  /** Where it ends. */
  readonly end: Position;
  readonly cost: number;
  /** Its payload. */
  readonly bytes: number;
}

/** The messages that the peer has not acknowledged. */
export class OutgoingMessages implements Outgoing {
  readonly #maximum: () => number;
  readonly #travelsAlone: (message: Message) => boolean;
  /** From the oldest on that is not acknowledged. */
  readonly #entries: Entry[] = [];
  /** What is out, oldest first. */
  readonly #packets: Packet[] = [];
  readonly #kept = new Backpressure(HIGH_WATER_MARK, HIGH_WATER_MARK / 2);
  #window = FIRST_WINDOW;
  /** Whether the peer has said anything. Before, the pieces of a first message might reach different servers. */
  #answered = false;
  #acknowledged = START;
  #sent = START;
  #highest = START;
  #costOut = 0;

  /**
   * @param maximum largest payload of one frame, in bytes
   * @param travelsAlone whether a message is to be in no batch
   */
  constructor(maximum: () => number, travelsAlone: (message: Message) => boolean = () => false) {
    this.#maximum = maximum;
    this.#travelsAlone = travelsAlone;
  }

  get highest(): Position {
    return this.#highest;
  }

  get empty(): boolean {
    return this.#entries.length === 0;
  }

  get awaitsAcknowledgement(): boolean {
    return isAfter(this.#highest, this.#acknowledged);
  }

  get oldest(): { after: Position; bytes: number } | undefined {
    const [oldest] = this.#packets;
    return oldest && { after: this.#acknowledged, bytes: oldest.bytes };
  }

  push(message: Message): void {
    const whole = entryOf(message);
    const entry = whole.small && this.#travelsAlone(message) ? { ...whole, small: false } : whole;
    this.#entries.push(entry);
    this.#kept.add(entry.cost);
  }

  pushEnd(): void {
    const entry = { ...entryOf(undefined), end: true };
    this.#entries.push(entry);
    this.#kept.add(entry.cost);
  }

  replace(number: number, instead: (message: Message) => Message | undefined): boolean {
    const index = number - 1 - this.#acknowledged.number;
    const entry = this.#entries[index];
    if (entry?.message === undefined) return false;
    const replacement = { ...entryOf(instead(entry.message)), replaces: true };
    this.#entries[index] = replacement;
    this.#kept.add(replacement.cost - entry.cost);
    return true;
  }

  separate(first: number, count: number): void {
    const start = first - 1 - this.#acknowledged.number;
    for (let index = Math.max(0, start); index < start + count; index++) {
      const entry = this.#entries[index];
      if (entry !== undefined) this.#entries[index] = { ...entry, small: false };
    }
  }

  room(): Promise<void> | void {
    return this.#kept.room();
  }

  grant(window: number): void {
    this.#window = Math.min(Math.max(window, SMALLEST_WINDOW), LARGEST_WINDOW);
  }

  next(): NumberedFrame | undefined {
    if (this.#packets.length >= (this.#answered ? this.#window : 1)) return undefined;
    const { number, offset } = this.#sent;
    const index = number - this.#acknowledged.number;
    const entry = this.#entries[index];
    if (entry === undefined) return undefined;
    const maximum = Math.max(this.#maximum(), LONGEST_CHARACTER);
    if (entry.message !== undefined && !entry.replaces && (offset > 0 || entry.bytes.length > maximum)) {
      return this.#piece(entry.message, number + 1, offset, maximum);
    }
    const count = entry.small ? this.#batchFrom(index, maximum) : 1;
    return count > 1 ? this.#batch(index, count) : this.#whole(entry, number + 1);
  }

  acknowledge(position: Position): boolean {
    this.#answered = true;
    if (!isAfter(position, this.#acknowledged) || !this.#mayBe(position)) return false;
    const messages = this.#entries.splice(0, position.number - this.#acknowledged.number);
    for (const { cost } of messages) this.#kept.add(-cost);
    this.#acknowledged = position;
    let gone = 0;
    for (const { end, cost } of this.#packets) {
      if (isAfter(end, position)) break;
      this.#costOut -= cost;
      gone++;
    }
    this.#packets.splice(0, gone);
    this.#sent = later(this.#sent, position);
    this.#highest = later(this.#highest, position);
    return true;
  }

  rewind(position: Position): number {
    const from = later(position, this.#acknowledged);
    if (!isAfter(this.#sent, from)) return 0;
    let count = 0;
    for (let last = this.#packets.at(-1); last !== undefined && isAfter(last.end, from); last = this.#packets.at(-1)) {
      this.#packets.pop();
      this.#costOut -= last.cost;
      count++;
    }
    this.#sent = from;
    return count;
  }

  after(last: number): readonly Message[] {
    const from = Math.max(0, last - this.#acknowledged.number);
    return this.#entries.slice(from).flatMap(({ message }) => message ?? []);
  }

  release(): void {
    this.#kept.release();
  }

  /** Of a message that it does not collect, the peer acknowledges the number while its pieces are still being sent. */
  #mayBe({ number, offset }: Position): boolean {
    const { number: whole, offset: begun } = this.#highest;
    return number < whole || (number === whole && offset <= begun) ||
      (number === whole + 1 && offset === 0 && begun > 0);
  }

  #whole({ message, bytes, cost, end }: Entry, sequence: number): NumberedFrame | undefined {
    if (!this.#send(behind(sequence), cost, bytes.length)) return undefined;
    return { frame: end ? { payload: bytes, sequence, end } : { payload: bytes, sequence }, message };
  }

  #piece(message: Message, sequence: number, offset: number, maximum: number): NumberedFrame | undefined {
    const { bytes } = message;
    const subject = offset === 0 ? subjectOf(message) : undefined;
    const end = characterBoundary(
      bytes,
      Math.min(bytes.length, offset + roomBeside(subject, maximum)),
    );
    const position = end === bytes.length ? behind(sequence) : { number: sequence - 1, offset: end };
    if (!this.#send(position, costOf(end - offset), end - offset)) return undefined;
    const frame = { payload: bytes.subarray(offset, end), sequence, piece: { offset, length: bytes.length } };
    return { frame: subject === undefined ? frame : { ...frame, subject }, message };
  }

  /** How many messages from `index` on fit into one frame. */
  #batchFrom(index: number, maximum: number): number {
    const limit = Math.min(maximum, LARGEST_BATCH);
    let bytes = 0;
    let cost = this.#costOut;
    let count = 0;
    while (true) {
      const entry = this.#entries[index + count];
      if (entry === undefined || !entry.small) return count;
      bytes += entry.bytes.length + 1;
      cost += entry.cost;
      if (bytes - 1 > limit || cost > WINDOW_BYTES) return count;
      count++;
    }
  }

  #batch(index: number, count: number): NumberedFrame | undefined {
    const first = this.#acknowledged.number + index + 1;
    const parts: Uint8Array[] = [];
    let length = 0;
    let cost = 0;
    for (const { bytes, cost: each } of this.#entries.slice(index, index + count)) {
      if (length > 0) parts.push(SEPARATOR);
      parts.push(bytes);
      length += bytes.length + (length > 0 ? 1 : 0);
      cost += each;
    }
    if (!this.#send(behind(first + count - 1), cost, length)) return undefined;
    return { frame: { payload: concatBytes(parts, length), sequence: first, batch: count }, message: undefined };
  }

  /** Notes that a packet goes out, if the window has room for it. */
  #send(end: Position, cost: number, bytes: number): boolean {
    if (this.#packets.length > 0 && this.#costOut + cost > WINDOW_BYTES) return false;
    this.#packets.push({ end, cost, bytes });
    this.#costOut += cost;
    this.#sent = end;
    this.#highest = later(this.#highest, end);
    return true;
  }
}

const SEPARATOR = Uint8Array.of(LINE_FEED);

function entryOf(message: Message | undefined): Entry {
  const { bytes } = message ?? { bytes: NOTHING };
  const small = bytes.length > 0 && bytes.length <= LARGEST_IN_BATCH && !bytes.includes(LINE_FEED);
  return { message, bytes, cost: costOf(bytes.length), small, end: false, replaces: false };
}

/** What something counts for, in bytes. */
export function costOf(size: number): number {
  return Math.max(size, SMALLEST_COST);
}
