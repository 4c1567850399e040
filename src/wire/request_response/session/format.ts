/**
 * What a format of sessions is: how messages become numbered frames, and frames become messages.
 *
 * @module
 */
import type { Message } from "../../../core/message.ts";
import type { Frame, Writable } from "./frame.ts";
import type { Position } from "./position.ts";

/** How a peer numbers its messages: in one of the formats, or not at all. */
export type SessionFormat = "plain" | 1 | 2;

/** The part of a frame that is about one message or several. */
export interface NumberedFrame {
  readonly frame: Writable<Frame> & { readonly sequence: number };
  /** What the payload is, or is a piece of; `undefined` when it is several. */
  readonly message: Message | undefined;
}

/** The messages of one direction that the peer has not acknowledged. */
export interface Outgoing {
  /** How far everything has gone out, now or before a {@linkcode rewind}. */
  readonly highest: Position;
  /** Whether everything that was taken is acknowledged. */
  readonly empty: boolean;
  /** Whether something is out that is not acknowledged. */
  readonly awaitsAcknowledgement: boolean;
  /** The oldest packet that is out: what it follows, and its payload in bytes. */
  readonly oldest: { readonly after: Position; readonly bytes: number } | undefined;
  /** Takes a message. */
  push(message: Message): void;
  /** Takes the end of this direction, behind all messages. Not where the format has no such thing. */
  pushEnd?(): void;
  /** A promise to wait for, when so much is unacknowledged that nothing more should come. */
  room(): Promise<void> | void;
  /** What goes out next, which then is out; `undefined` when there is nothing, or the window is full. */
  next(): NumberedFrame | undefined;
  /** The peer lets so many packets be out unacknowledged. */
  grant(window: number): void;
  /**
   * Forgets everything up to a position.
   *
   * @returns whether that was news; a position that has never gone out is not believed
   */
  acknowledge(position: Position): boolean;
  /**
   * Lets everything after a position go out again.
   *
   * @returns how many packets that were
   */
  rewind(position: Position): number;
  /**
   * After a {@linkcode rewind}, replaces a message that cannot arrive by another. Missing in a format that cannot
   * change a message once it was sent.
   *
   * @param instead given the message, says what goes out as its number; `undefined` for nothing at all
   * @returns whether something else can go out; not when it has been replaced by nothing already
   */
  replace?(number: number, instead: (message: Message) => Message | undefined): boolean;
  /** Has messages go out one by one, after a {@linkcode rewind}. */
  separate?(first: number, count: number): void;
  /** All messages after number `last` that are not acknowledged. */
  after(last: number): readonly Message[];
  /** Lets everybody who waits for room go on. */
  release(): void;
}

/** Something that has arrived, in order: a message, or a number without one. */
export interface Arrival {
  readonly number: number;
  readonly message: Message | undefined;
  /** Nothing more comes. */
  readonly end?: boolean;
  readonly correlation: Uint8Array | undefined;
  /** What it counts for, in bytes. */
  readonly cost: number;
}

/** What became of a frame. */
export type Outcome = "taken" | "known" | "gap" | "malformed";

/** Puts what arrives in order, and together. */
export interface Incoming {
  /** How far everything has arrived. */
  readonly received: Position;
  /** Takes a frame with a number, and hands on every message that is whole by it. */
  take(frame: Frame, sequence: number, arrived: (arrival: Arrival) => void): Outcome;
}
