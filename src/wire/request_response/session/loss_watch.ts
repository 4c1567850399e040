/**
 * Notices that one packet is lost again and again, and says what to do about it.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";
import type { Frame } from "./frame.ts";
import type { PathLimit } from "./path_limit.ts";
import { isAfter, isSame, type Position, START } from "./position.ts";

/**
 * What to do with a packet that has not arrived:
 * - `repeat`: send it again
 * - `cut`: send its messages again, in smaller pieces
 * - `separate`: send its messages again, one by one
 * - `never`: it will never arrive
 */
export type LossVerdict = "repeat" | "cut" | "separate" | "never";

/** A packet that is missing this long after it was sent, in ms, is lost and not just late. */
const LOST_AFTER = 500;

/** After so many losses, a packet is cut. One loss may be an accident. */
const LOSSES_BEFORE_CUT = 2;

/** How often a packet is sent that is too small to be cut. */
export const MOST_LOSSES = 8;

/** After so many connections in a row have ended while the same packet was out, the packet is the cause. */
const CLOSES_BEFORE_CUT = 2;

/** A broken connection costs far more time than a lost packet. So the next try is this many times smaller. */
const CLOSE_DIVISOR = 8;

/** Watches the packet that the peer misses, in one direction of a session. */
export class LossWatch {
  readonly #limit: PathLimit;
  readonly #clock: Clock;
  /** What follows here is missing. */
  #at = START;
  #losses = 0;
  #closes = 0;
  /** Whether a packet has been cut here. */
  #cutting = false;
  /** Whether what is missing next was lost with the connection. */
  #reconnected = false;
  #sentAt = -Infinity;
  #bytes = 0;
  #messages = 1;

  constructor(limit: PathLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** How often the packet has been lost. */
  get losses(): number {
    return this.#losses;
  }

  /** How many messages are in it. */
  get messages(): number {
    return this.#messages;
  }

  /**
   * A packet goes out.
   *
   * @returns whether the broker should acknowledge or refuse it
   */
  sent(frame: Frame, sequence: number): boolean {
    const { number, offset } = this.#at;
    if (sequence !== number + 1 || (frame.piece?.offset ?? 0) !== offset) return false;
    this.#sentAt = this.#clock.now();
    const { payload } = this.#note(frame);
    return this.#losses > 1 || (this.#losses > 0 && (this.#cutting || payload.length > this.#limit.smallest));
  }

  /** The peer misses what follows this position, which is about to be sent again. */
  missing(position: Position): LossVerdict {
    this.arrived(position);
    if (!isSame(position, this.#at)) this.#begin(position);
    const reconnected = this.#reconnected;
    this.#reconnected = false;
    if (reconnected || this.#clock.now() - this.#sentAt < LOST_AFTER) return "repeat"; // it may be under way
    this.#losses++;
    if (this.#losses < LOSSES_BEFORE_CUT && !this.#cutting) return "repeat";
    return this.#cut(this.#bytes) ?? (this.#losses < MOST_LOSSES ? "repeat" : this.#giveUp());
  }

  /** The broker says that a packet is too large for it. */
  refused(from: Position, frame: Frame): LossVerdict {
    if (!isSame(from, this.#at)) this.#begin(from);
    this.#note(frame);
    this.#losses++;
    return this.#cut(this.#bytes) ?? this.#giveUp();
  }

  /**
   * The connection has ended.
   *
   * @param from where the oldest packet begins that is out
   * @param bytes its payload
   */
  closed(from: Position, bytes: number): void {
    if (!isSame(from, this.#at)) this.#begin(from);
    this.#reconnected = true;
    if (++this.#closes >= CLOSES_BEFORE_CUT) this.#cut(bytes, CLOSE_DIVISOR);
  }

  /** Everything up to here has got through. */
  arrived(position: Position): void {
    if (!isAfter(position, this.#at)) return;
    if (this.#cutting) this.#limit.passed();
    this.#begin(position);
  }

  #begin(position: Position): void {
    this.#at = position;
    this.#losses = 0;
    this.#closes = 0;
    this.#cutting = false;
    this.#sentAt = -Infinity;
    this.#bytes = 0;
    this.#messages = 1;
  }

  #note(frame: Frame): Frame {
    this.#bytes = frame.payload.length;
    this.#messages = frame.batch ?? 1;
    return frame;
  }

  /** It is too small to be cut; but perhaps only one of its messages does not get through. */
  #giveUp(): LossVerdict {
    this.#cutting = false; // in vain
    if (this.#messages === 1) return "never";
    this.#losses = 1;
    return "separate";
  }

  #cut(bytes: number, divisor?: number): "cut" | undefined {
    if (!this.#limit.lost(bytes, divisor)) return undefined;
    this.#cutting = true;
    return "cut";
  }
}
