/**
 * Getting a broker to send what it holds back.
 *
 * A broker with Nagle's algorithm (mosquitto by default) sends no packet while the system here has not acknowledged the
 * one before it, which takes 40 ms unless something is sent meanwhile. So something is sent, if nothing else was.
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";

/**
 * How long after something has come something is sent, in ms. Most of what comes is answered before; and a timer costs as
 * much as a message, so one has to do for many.
 */
const LATEST = 2;

/** What has come less than this long ago, in ms, may still be answered. */
const PATIENCE = 1;

/** Watches what comes and goes on a connection. */
export class Nudge {
  readonly #send: () => void;
  readonly #clock: Clock;
  /** When the first thing has come that nothing was sent after; 0 when there is none. */
  #owedSince = 0;
  #cancel: (() => void) | undefined;
  #atOnce = false;

  /** @param send sends something that nobody answers */
  constructor(send: () => void, clock: Clock = systemClock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** Something has come, at this time by the clock. */
  received(now: number): void {
    if (this.#owedSince === 0) this.#owedSince = now;
    this.#cancel ??= this.#clock.after(LATEST, () => this.#look());
  }

  /** What has come will not be answered soon, but more is to come: sends at the end of this turn, if nothing else is. */
  expectMore(): void {
    if (this.#atOnce) return;
    this.#atOnce = true;
    queueMicrotask(() => {
      this.#atOnce = false;
      if (this.#owedSince > 0) this.#send();
    });
  }

  /** Something is sent. */
  sent(): void {
    this.#owedSince = 0;
  }

  /** Ends the watch. */
  stop(): void {
    this.#owedSince = 0;
    this.#cancel?.();
  }

  #look(): void {
    this.#cancel = undefined;
    if (this.#owedSince === 0) return;
    const age = this.#clock.now() - this.#owedSince;
    if (age >= PATIENCE) this.#send();
    else this.#cancel = this.#clock.after(PATIENCE, () => this.#look());
  }
}
