/**
 * The pause between two attempts to connect.
 *
 * @module
 */
import { backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";

/** How long an unreachable broker is tried often, in ms: most are back soon. */
const EAGER_FOR = 60_000;

/** The longest pause during that time, in ms. It also holds while somebody waits for the broker. */
const LONGEST_EAGER = 2_000;

/** The longest pause for an unreachable broker after that time, in ms. */
const LONGEST = 30_000;

/**
 * How many attempts follow quickly after the broker has dropped a connection over a packet: the next one sends less.
 */
const QUICK_ATTEMPTS = 2;

/** The longest pause before such an attempt, in ms. */
const QUICK = 100;

/**
 * The outcome of an attempt:
 * - `unreachable`: the network failed, or the broker is starting
 * - `packet`: the broker dropped the connection over a packet
 * - `refused`: the broker refuses us at present, and may ban clients that try too often
 * - `unchanged`: the broker will refuse us until somebody changes a setting
 */
export type AttemptOutcome = "unreachable" | "packet" | "refused" | "unchanged";

/** A number of failures in a row that gives the longest pause. */
const MANY = 100;

/**
 * Computes pauses. Each is randomized, so that a thousand clients of a restarted broker do not return at the same
 * moment.
 */
export class ReconnectPause {
  readonly #clock: Clock;
  readonly #random: () => number;
  #failures = 0;
  #eagerSince: number | undefined;
  #current: { readonly since: number; due: number; readonly end: () => void } | undefined;
  #cancelTimer: (() => void) | undefined;

  /** @param random from 0 up to 1 */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A connection has worked. */
  reset(): void {
    this.#failures = 0;
    this.#eagerSince = undefined;
  }

  /** The pause after an attempt, in ms. */
  after(outcome: AttemptOutcome): number {
    this.#failures++;
    const random = this.#random();
    this.#eagerSince ??= this.#clock.now();
    if (outcome === "packet" && this.#failures <= QUICK_ATTEMPTS) return QUICK * random;
    if (outcome === "unchanged") return backoff(MANY, random);
    const grown = backoff(this.#failures, random);
    if (outcome === "refused") return grown;
    const eager = this.#clock.now() - this.#eagerSince < EAGER_FOR;
    const longest = eager ? LONGEST_EAGER : LONGEST;
    return Math.min(grown, longest * (0.5 + random / 2));
  }

  /** Waits for a pause to end. {@linkcode hurry} may shorten it, unless the broker has refused us. */
  async wait(pause: number, outcome: AttemptOutcome, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    const since = this.#clock.now();
    if (outcome === "unreachable" || outcome === "packet") {
      this.#current = { since, due: since + pause, end: resolve };
    }
    this.#cancelTimer = this.#clock.after(pause, resolve);
    await promise;
    this.#cancelTimer();
    this.#current = undefined;
  }

  /** Somebody waits for the broker. */
  hurry(): void {
    const now = this.#clock.now();
    if (this.#eagerSince !== undefined) this.#eagerSince = now;
    if (this.#current === undefined) return;
    const due = this.#current.since + LONGEST_EAGER * (0.5 + this.#random() / 2);
    if (due >= this.#current.due) return;
    this.#current.due = due;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(Math.max(0, due - now), this.#current.end);
  }
}
