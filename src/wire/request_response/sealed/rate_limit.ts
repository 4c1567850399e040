/**
 * How many handshakes a server takes: reading one costs more than sending it.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";

/** So many a second of one client, as its topic names it, and of all together. Twice that may come at once. */
const EACH_PER_SECOND = 5;
const ALL_PER_SECOND = 50;

/** So many clients are told apart; beyond that, the one that was quiet for longest is forgotten. */
const MOST_CLIENTS = 1_000;

interface Allowance {
  left: number;
  at: number;
}

/** Limits handshakes, of each client first and then of all. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #clients = new Map<string, Allowance>();
  readonly #all: Allowance;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#all = { left: 2 * ALL_PER_SECOND, at: clock.now() };
  }

  /** Whether one more handshake of this client is read now. */
  allows(client: string): boolean {
    const now = this.#clock.now();
    const own = this.#clients.get(client) ?? { left: 2 * EACH_PER_SECOND, at: now };
    this.#clients.delete(client);
    this.#clients.set(client, own);
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > MOST_CLIENTS && oldest !== undefined) this.#clients.delete(oldest);
    return take(own, EACH_PER_SECOND, now) && take(this.#all, ALL_PER_SECOND, now);
  }
}

function take(allowance: Allowance, perSecond: number, now: number): boolean {
  allowance.left = Math.min(2 * perSecond, allowance.left + (now - allowance.at) / 1000 * perSecond);
  allowance.at = now;
  if (allowance.left < 1) return false;
  allowance.left--;
  return true;
}
