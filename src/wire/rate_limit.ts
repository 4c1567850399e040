/**
 * How often something may be done for each client, and for all clients together.
 *
 * @module
 */
import type { Clock } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";

/** So many clients are told apart; beyond that, the one that was quiet for longest is forgotten. */
const MOST_CLIENTS = 1_000;

/**
 * How often a client may open a session. A new session ends the one before, so only a client that is hostile or broken
 * opens more.
 */
export const OPENINGS: Rates = { each: 5 };

/** The failure of a client that opens sessions more often than {@linkcode OPENINGS} allows. */
export const OPENS_TOO_OFTEN = new Failure(
  "too-many-sessions",
  "This client opens sessions too often; try again in a second",
);

/** What may be done now: as often as in a second, and up to twice that if it was not done for a while. */
class Allowance {
  readonly #perSecond: number;
  #left: number;
  #at: number;

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#left = 2 * perSecond;
    this.#at = now;
  }

  /** Whether it may be done once more; if so, it is counted. */
  take(now: number): boolean {
    if (this.#perSecond === Infinity) return true;
    this.#left = Math.min(2 * this.#perSecond, this.#left + (now - this.#at) / 1000 * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/** The limits of a {@linkcode RateLimit}, in times a second. Twice that may come at once. */
export interface Rates {
  /** Of one client, as its topic names it. */
  readonly each: number;
  /** Of all clients together. @default {as often as they like} */
  readonly all?: number;
}

/** Limits each client first, and then all of them. */
export class RateLimit {
  readonly #each: number;
  readonly #clock: Clock;
  readonly #clients = new Map<string, Allowance>();
  readonly #all: Allowance;

  constructor({ each, all = Infinity }: Rates, clock: Clock) {
    this.#each = each;
    this.#clock = clock;
    this.#all = new Allowance(all, clock.now());
  }

  /** Whether this client may once more; if so, it is counted. */
  allows(client: string): boolean {
    const now = this.#clock.now();
    const own = this.#clients.get(client) ?? new Allowance(this.#each, now);
    this.#clients.delete(client);
    this.#clients.set(client, own);
    if (this.#clients.size > MOST_CLIENTS) this.#forgetOldest();
    return own.take(now) && this.#all.take(now);
  }

  #forgetOldest(): void {
    const [oldest] = this.#clients.keys();
    if (oldest !== undefined) this.#clients.delete(oldest);
  }
}
