/**
 * The time between two attempts to connect.
 *
 * @module
 */
import { backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";

/** So long, in ms, a broker that cannot be reached is asked often: most of them are back soon. */
const EAGER_FOR = 60_000;

/** No pause is longer than this meanwhile, in ms; the same holds while somebody waits. */
const LONGEST_EAGER = 2_000;

/** No pause before a broker that cannot be reached is longer than this, in ms. */
const LONGEST = 30_000;

/** After a connection that was dropped over a packet, so many attempts follow soon: the next one sends less. */
const QUICK_ATTEMPTS = 2;

/** How soon, in ms. */
const QUICK = 100;

/**
 * What an attempt has come to:
 * - `unreachable`: the network, or a broker that is starting or restarting
 * - `packet`: the connection was dropped over a packet
 * - `refused`: the broker does not want us now, and may ban who asks too often
 * - `unchanged`: it will not want us until somebody changes a setting
 */
export type AttemptOutcome = "unreachable" | "packet" | "refused" | "unchanged";

/** As many failures in a row as make the longest pause of all. */
const MANY = 100;

/** Each pause is spread at random, so that a thousand clients of a restarted broker do not come back in the same moment. */
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

  /** Waits for a pause to end; one that {@linkcode hurry} may shorten, unless somebody has refused us. */
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
