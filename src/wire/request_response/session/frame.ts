/**
 * What one PUBLISH of a session carries.
 *
 * @module
 */
import type { Failure } from "../../../core/failure.ts";
import type { Message } from "../../../core/message.ts";
import type { Position } from "./position.ts";

/** Which message a piece belongs to, so that it can be answered even if it is too large. */
export interface Subject {
  readonly kind: "request" | "response";
  /** Its `id`, as JSON text. */
  readonly id: string;
}

/** Where a piece belongs in its message, in bytes. */
export interface Piece {
  readonly offset: number;
  /** Of the whole message. */
  readonly length: number;
}

/** The payload of a frame that has none. */
export const NOTHING: Uint8Array = new Uint8Array();

/** A frame. One without a number only carries the other members; its payload is empty. */
export interface Frame {
  readonly payload: Uint8Array;
  /** The number of this message, or of the first one in a batch: 1, 2, 3… in each direction. In format 1, of this part. */
  readonly sequence?: number;
  /** The payload is a piece of the message. */
  readonly piece?: Piece;
  /** The payload is so many messages. */
  readonly batch?: number;
  /** Nothing more comes in this direction; a number with no message. */
  readonly end?: boolean;
  /** Format 1: there are more parts of this message to come. */
  readonly more?: boolean;
  /** On the first of several pieces. */
  readonly subject?: Subject;
  /** Correlation Data of the packet that it came in, or of the one that it answers. */
  readonly correlation?: Uint8Array;
  /** Everything up to here has been taken. */
  readonly acknowledge?: Position;
  /** Everything up to here has arrived; what came after it is to be sent again. */
  readonly resume?: Position;
  /** How far the sender of this frame has sent. */
  readonly sent?: Position;
  /** How many packets may be sent without being acknowledged. */
  readonly window?: number;
  /** The largest message that the sender of this frame takes, in bytes. */
  readonly maximum?: number;
}

/** A frame, or a part of one, that is still being made. */
export type Writable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

/** What sessions are made of: messages in, frames out, and back. */
export interface Stream {
  /** Takes a message to send. A returned promise resolves when there is room for more. */
  send(message: Message): Promise<void> | void;
  /** Sends the end of this direction behind all messages; whether the peer understands that. */
  end(): boolean;
  /** Sends at once what may be sent; otherwise it leaves when the turn ends. */
  flush(): void;
  /**
   * Sends at once what may be sent, and asks the peer to take it.
   *
   * @returns what resolves when the peer has taken everything; `undefined` when it has, or is not known to
   */
  delivered(): Promise<void> | undefined;
  /** Says at once what has been taken, even if that is nothing. */
  acknowledge(): void;
  /** Takes a frame that has arrived. */
  receive(frame: Frame): void;
  /**
   * The broker has refused a numbered frame.
   *
   * @returns whether the session can go on
   */
  refused(frame: Frame, failure: Failure): boolean;
  /** The connection is gone. */
  pause(): void;
  /** There is a connection again, and nobody knows what got through before. */
  resume(): void;
  /** The messages that a peer has not seen which says at its end to have seen everything up to number `last`. */
  unseen(last: number): readonly Message[];
  /** The number up to which everything has been handed on. */
  readonly seen: number;
  /** Stops all timers, and lets go of everything. */
  close(): void;
}

/** What a stream is connected to. */
export interface StreamOptions {
  /**
   * Sends a frame.
   *
   * @param message what its payload is, or is a piece of; a batch has none
   * @param confirmed whether the broker is to acknowledge or refuse it
   */
  readonly transmit: (frame: Frame, message: Message | undefined, confirmed: boolean) => Promise<void> | void;
  /** Takes a whole message, once. A returned promise asks to wait before the next one. */
  readonly deliver: (message: Message) => Promise<void> | void;
  /** Told when the peer has delivered all that it will ever send. */
  readonly ended: () => void;
  /** Told of each message, before it is delivered, what Correlation Data it came with. */
  readonly arrived: (message: Message, correlation: Uint8Array | undefined) => void;
  /**
   * Whether a peer that does not number its messages is asked after each reconnection what it waits for, even if this end
   * waits for nothing. @default {false}, since a plain requester would not understand it
   */
  readonly asksAnyway?: boolean;
}
