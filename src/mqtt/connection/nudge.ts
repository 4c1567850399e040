/**
 * Making a broker send what it holds back.
 *
 * A broker with Nagle's algorithm (mosquitto by default) sends no further packet until our system has acknowledged the
 * previous one. The system delays its TCP acknowledgement by 40 ms, unless we send something meanwhile. So something is
 * sent if there is nothing else to send.
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";

/**
 * How long after an arrival something is sent, in ms. Most packets are answered earlier. A timer costs as much as a
 * message, so one timer serves many packets.
 */
const NUDGE_DELAY = 2;

/** A packet that arrived less than this long ago, in ms, may still be answered. */
const MINIMUM_AGE = 1;

/**
 * When this many packets or more have arrived since the last check, and all were answered, the next check comes after
 * `BUSY_DELAY` ms. (Measured, with one call at a time: a check every 2 ms takes a tenth of the time of a call.)
 */
const BUSY = 3;
const BUSY_DELAY = 10;

/** Follows the packets in both directions of a connection. */
export class Nudge {
  readonly #send: () => void;
  readonly #clock: Clock;
  /** When the first packet arrived after which nothing was sent; 0 when there is none. */
  #unansweredSince = 0;
  /** How many packets have arrived since the last check. */
  #arrivals = 0;
  #cancel: (() => void) | undefined;
  #atOnce = false;

  /** @param send sends something that nobody answers */
  constructor(send: () => void, clock: Clock = systemClock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** A packet has arrived at this time of the clock. */
  received(now: number): void {
    if (this.#unansweredSince === 0) this.#unansweredSince = now;
    this.#arrivals++;
    if (this.#cancel === undefined) this.#checkAfter(NUDGE_DELAY);
  }

  /**
   * More packets are expected, and nothing will be answered soon. Sends at the end of this turn, if nothing else was
   * sent.
   */
  expectMore(): void {
    if (this.#atOnce) return;
    this.#atOnce = true;
    queueMicrotask(() => {
      this.#atOnce = false;
      if (this.#unansweredSince > 0) this.#send();
    });
  }

  /** A packet is being sent. */
  sent(): void {
    this.#unansweredSince = 0;
  }

  /** Stops. */
  stop(): void {
    this.#unansweredSince = 0;
    this.#cancel?.();
  }

  #checkAfter(delay: number): void {
    this.#cancel = this.#clock.after(delay, () => this.#check());
  }

  #check(): void {
    this.#cancel = undefined;
    const age = this.#unansweredSince > 0 ? this.#clock.now() - this.#unansweredSince : undefined;
    if (age !== undefined && age < MINIMUM_AGE) return this.#checkAfter(MINIMUM_AGE);
    if (age !== undefined) this.#send();
    else if (this.#arrivals >= BUSY) this.#checkAfter(BUSY_DELAY);
    this.#arrivals = 0;
  }
}
