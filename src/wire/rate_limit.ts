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
export const OPENINGS: Rates = { each: 10 };

/** The failure of a client that opens sessions more often than {@linkcode OPENINGS} allows. */
export const OPENS_TOO_OFTEN = new Failure(
  "too-many-sessions",
  "This client opens sessions too often; try again in a second",
);

interface Allowance {
  left: number;
  at: number;
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
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #clients = new Map<string, Allowance>();
  readonly #all: Allowance;

  constructor({ each, all = Infinity }: Rates, clock: Clock) {
    this.#each = each;
    this.#perSecond = all;
    this.#clock = clock;
    this.#all = { left: 2 * all, at: clock.now() };
  }

  /** Whether this client may once more; if so, it is counted. */
  allows(client: string): boolean {
    const now = this.#clock.now();
    const own = this.#clients.get(client) ?? { left: 2 * this.#each, at: now };
    this.#clients.delete(client);
    this.#clients.set(client, own);
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > MOST_CLIENTS && oldest !== undefined) this.#clients.delete(oldest);
    return take(own, this.#each, now) && take(this.#all, this.#perSecond, now);
  }
}

function take(allowance: Allowance, perSecond: number, now: number): boolean {
  if (perSecond === Infinity) return true;
  allowance.left = Math.min(2 * perSecond, allowance.left + (now - allowance.at) / 1000 * perSecond);
  allowance.at = now;
  if (allowance.left < 1) return false;
  allowance.left--;
  return true;
}
