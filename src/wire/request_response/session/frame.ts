/**
 * What one PUBLISH of a session carries.
 *
 * @module
 */
import type { Message } from "../../../core/message.ts";

/** Which message a part belongs to, so that it can be answered even if it never fits together. */
export interface Subject {
  readonly kind: "request" | "response";
  /** Its `id`, as JSON text. */
  readonly id: string;
}

/** A frame. One without a number only carries the other members; its payload is empty. */
export interface Frame {
  readonly payload: Uint8Array;
  /** The number of this message or part: 1, 2, 3… in each direction. */
  readonly sequence?: number;
  /** There are more parts of this message to come. */
  readonly more?: boolean;
  /** On the first of several parts. */
  readonly subject?: Subject;
  /** Correlation Data of the packet that it came in. */
  readonly correlation?: Uint8Array;
  /** Everything up to this number has been taken. */
  readonly acknowledge?: number;
  /** Everything up to this number has arrived; what came after it is to be sent again. */
  readonly resume?: number;
  /** The highest number that the sender of this frame has sent. */
  readonly sent?: number;
}

/** What sessions are made of: messages in, frames out, and back. */
export interface Stream {
  /** Takes a message to send. A returned promise resolves when there is room for more. */
  send(message: Message): Promise<void> | void;
  /** Takes a frame that has arrived. */
  receive(frame: Frame): void;
  /** The connection is gone. */
  pause(): void;
  /** There is a connection again, and nobody knows what got through before. */
  resume(): void;
  /** The requests that a peer has not seen which says at its end to have seen everything up to `last`. */
  unseen(last: number): readonly Message[];
  /** The number up to which everything has been handed on. */
  readonly seen: number;
  /** Stops all timers, and lets go of everything. */
  close(): void;
}

/** What a stream is connected to. */
export interface StreamEnds {
  /** Sends a frame; `message` is what its payload is, or is a part of. */
  readonly transmit: (frame: Frame, message?: Message) => Promise<void> | void;
  /** Takes a whole message, once. A returned promise asks to wait before the next one. */
  readonly deliver: (message: Message) => Promise<void> | void;
  /** Told of each message, before it is delivered, what Correlation Data it came with. */
  readonly arrived: (message: Message, correlation: Uint8Array | undefined) => void;
}
