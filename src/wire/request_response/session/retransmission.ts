/**
 * Sending lost messages again: as they were, in smaller pieces, one by one, or no more.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";
import { Failure } from "../../../core/failure.ts";
import type { Message } from "../../../core/message.ts";
import type { NumberedFrame, Outgoing } from "./format.ts";
import type { Frame } from "./frame.ts";
import { type LossVerdict, LossWatch, MOST_LOSSES } from "./loss_watch.ts";
import type { PathLimit } from "./path_limit.ts";
import type { Position } from "./position.ts";

/** How often a peer may ask for missing messages, in ms: a question is small, and the answer may be megabytes. */
const SHORTEST_INTERVAL = 1_000;

/** What a {@linkcode Retransmission} is made of. */
export interface RetransmissionOptions {
  readonly outgoing: Outgoing;
  /** What is known of the size of packets that get through. */
  readonly limit: PathLimit;
  /** Called for a message that will never arrive. What it returns is sent under the same number. */
  readonly undeliverable: (message: Message, failure: Failure) => Message | undefined;
  /** Called when a number will never arrive and nothing can be sent in its place. */
  readonly failed: (failure: Failure) => void;
  /** Told how many packets are sent again. */
  readonly retransmitted?: (count: number) => void;
  readonly clock: Clock;
}

/** Decides what of one direction is sent again. The owner sends it. */
export class Retransmission {
  readonly #options: RetransmissionOptions;
  readonly #losses: LossWatch;
  /** Why the broker refused the packet that does not arrive. */
  #refusal: Failure | undefined;
  /** The largest payload since messages were cut smaller. */
  #cut = Infinity;
  /** When the peer last got what it misses. */
  #repeatedAt = -Infinity;
  /** How many packets the connection has not taken yet. */
  #leaving = 0;

  constructor(options: RetransmissionOptions) {
    this.#options = options;
    this.#losses = new LossWatch(options.limit, options.clock);
  }

  /**
   * A frame goes out.
   *
   * @returns whether the broker should acknowledge or refuse it
   */
  sent(frame: NumberedFrame["frame"]): boolean {
    return this.#losses.sent(frame, frame.sequence);
  }

  /** A frame waits for the connection. Nothing is sent again before `wait` resolves. */
  sentSlowly(wait: Promise<void>): void {
    this.#leaving++;
    void wait.then(() => this.#leaving--);
  }

  /** The peer has everything up to here. */
  arrived(position: Position): void {
    this.#losses.arrived(position);
    this.#refusal = undefined;
  }

  /** The connection has ended. */
  disconnected(): void {
    const { oldest } = this.#options.outgoing;
    if (oldest !== undefined) this.#losses.closed(oldest.after, oldest.bytes);
  }

  /**
   * The peer misses everything behind a position.
   *
   * @returns whether a packet is lost for good, and not just late
   */
  repeat(after: Position): boolean {
    const { outgoing, retransmitted, clock } = this.#options;
    const now = clock.now();
    if (this.#leaving > 0 || now - this.#repeatedAt < SHORTEST_INTERVAL) return false;
    const count = outgoing.rewind(after);
    if (count === 0) return false;
    this.#repeatedAt = now;
    retransmitted?.(count);
    this.#apply(this.#losses.missing(after), after.number + 1);
    return this.#losses.losses > 0;
  }

  /**
   * The broker has refused a frame.
   *
   * @returns whether something goes out again
   */
  refused({ frame, sequence }: { readonly frame: Frame; readonly sequence: number }, failure: Failure): boolean {
    this.#refusal = failure;
    if (failure.reason !== "too-large") return false; // the peer will ask for it
    if (frame.payload.length > this.#cut) return false; // all that went out with it has been cut since
    const from = { number: sequence - 1, offset: frame.piece?.offset ?? 0 };
    if (this.#options.outgoing.rewind(from) === 0) return false;
    this.#apply(this.#losses.refused(from, frame), sequence);
    return true;
  }

  /** Goes on from message `number`, which has not arrived. */
  #apply(verdict: LossVerdict, number: number): void {
    const { outgoing, limit } = this.#options;
    const { messages, losses } = this.#losses;
    switch (verdict) {
      case "repeat":
        return;
      case "separate":
        return outgoing.separate?.(number, messages);
      case "cut":
        this.#cut = limit.maximum;
        // Format 1 cannot cut a message that has gone out. The loss may have been an accident, so it is tried again.
        if (outgoing.replace === undefined && losses >= MOST_LOSSES) this.#giveUp(number);
        return;
      case "never":
        return this.#giveUp(number);
    }
  }

  #giveUp(number: number): void {
    const { outgoing, undeliverable, failed } = this.#options;
    const text = `The broker does not deliver a message, though it was sent ${this.#losses.losses} times`;
    const failure = this.#refusal ?? new Failure("publish-refused", text);
    const instead = (message: Message) => undeliverable(message, failure);
    if (outgoing.replace?.(number, instead) !== true) failed(failure);
  }
}
