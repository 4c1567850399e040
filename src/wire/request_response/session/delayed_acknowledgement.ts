/**
 * When the peer is sent an acknowledgement.
 *
 * An acknowledgement waits for a message that can carry it. A packet of its own is expensive: a broker with Nagle's
 * algorithm (mosquitto by default) holds back the packet after it for 40 ms, because nobody answers an acknowledgement.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";
import type { Frame, Writable } from "./frame.ts";
import { isAfter, type Position, START } from "./position.ts";

/** The longest that an acknowledgement waits, in ms. */
const LONGEST_DELAY = 400;

/** The longest that it waits when there is much to acknowledge, in ms. */
const SHORT_DELAY = 5;

/** From this many packets on, or a quarter of the window but several, the delay is short. */
const MANY_PACKETS = 64;
const SEVERAL_PACKETS = 2;

/** From this many bytes on, the delay is short, because the peer may soon have to stop. */
const MANY_BYTES = 1024 * 1024;

/** What a {@linkcode DelayedAcknowledgement} is made of. */
export interface AcknowledgementOptions {
  /** How many packets the peer may send without an acknowledgement; `undefined` when it is not to be told. */
  readonly window: () => number | undefined;
  /** Sends an acknowledgement in a packet of its own. */
  readonly send: () => void;
  readonly clock: Clock;
}

/** Acknowledges what one end of a session has taken. */
export class DelayedAcknowledgement {
  readonly #options: AcknowledgementOptions;
  #taken = START;
  /** The last acknowledgement, and when it was sent. */
  #acknowledged = START;
  #acknowledgedAt = 0;
  /** How many packets have arrived since. */
  #packets = 0;
  #bytes = 0;
  /** The window that the peer was told. */
  #window: number | undefined;
  #due = Infinity;
  #cancel: (() => void) | undefined;

  constructor(options: AcknowledgementOptions) {
    this.#options = options;
  }

  /** A packet has arrived that is new. */
  countPacket(bytes: number): void {
    this.#packets++;
    this.#bytes += bytes;
  }

  /** Something has arrived that costs so many bytes besides those of its packet. */
  countBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Everything up to here has been taken. The peer is told soon. */
  take(position: Position): void {
    this.#taken = position;
    if (isAfter(position, this.#acknowledged)) this.#schedule(this.#isLarge ? SHORT_DELAY : LONGEST_DELAY);
  }

  /** Adds the acknowledgement to a frame that goes out now, and the window if the peer does not know it. */
  addTo(frame: Writable<Frame>): void {
    frame.acknowledge = this.#taken;
    this.#acknowledged = this.#taken;
    this.#acknowledgedAt = this.#options.clock.now();
    this.#packets = 0;
    this.#bytes = 0;
    const window = this.#options.window();
    if (window === undefined || window === this.#window) return;
    this.#window = window;
    frame.window = window;
  }

  /** Has the next frame tell the window again, since what told it before may be lost. */
  repeatWindow(): void {
    this.#window = undefined;
  }

  /** Acknowledges nothing any more. */
  close(): void {
    this.#cancel?.();
    this.#due = -Infinity;
  }

  get #isLarge(): boolean {
    const packets = Math.max(SEVERAL_PACKETS, Math.min(MANY_PACKETS, (this.#options.window() ?? Infinity) / 4));
    return this.#packets >= packets || this.#bytes >= MANY_BYTES;
  }

  /** When a message carries the acknowledgement, the timer goes on: to cancel it costs more than one that fires in vain. */
  #schedule(delay: number): void {
    const due = this.#options.clock.now() + delay;
    if (due >= this.#due) return;
    this.#cancel?.();
    this.#due = due;
    this.#cancel = this.#options.clock.after(delay, () => this.#acknowledge());
  }

  #acknowledge(): void {
    this.#due = Infinity;
    if (!isAfter(this.#taken, this.#acknowledged)) return;
    const left = this.#acknowledgedAt + LONGEST_DELAY - this.#options.clock.now();
    if (left > 0 && !this.#isLarge) this.#schedule(left);
    else this.#options.send();
  }
}
