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

/** Follows the packets in both directions of a connection. */
export class Nudge {
  readonly #send: () => void;
  readonly #clock: Clock;
  /** When the first packet arrived after which nothing was sent; 0 when there is none. */
  #unansweredSince = 0;
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
    this.#cancel ??= this.#clock.after(NUDGE_DELAY, () => this.#check());
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

  #check(): void {
    this.#cancel = undefined;
    if (this.#unansweredSince === 0) return;
    const age = this.#clock.now() - this.#unansweredSince;
    if (age >= MINIMUM_AGE) this.#send();
    else this.#cancel = this.#clock.after(MINIMUM_AGE, () => this.#check());
  }
}
