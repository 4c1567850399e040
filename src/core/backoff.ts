/**
 * How long to wait before the next attempt.
 *
 * @module
 */

/** The first wait is about this long, in ms. */
export const FIRST_DELAY = 500;
/** No wait is longer than this, in ms. */
export const LONGEST_DELAY = 60_000;
/** A connection that held this long, in ms, makes the next failure count as the first. */
export const STABLE_AFTER = 10_000;

/**
 * The wait after a number of failures in a row, in ms: exponential backoff with jitter. Each wait is twice the one
 * before, and random within its upper half: a thousand clients of a restarted broker must not reconnect in the same
 * moment.
 *
 * @param failures how many attempts have failed in a row, at least 1
 * @param random from 0 up to 1
 */
export function backoff(failures: number, random: number): number {
  const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (failures - 1));
  return Math.round(delay * (0.5 + random / 2));
}

/** Counts runs in a row that ended before {@linkcode STABLE_AFTER}. A run is a connection, a session or a process. */
export class ShortRuns {
  #count = 0;

  /** How many short runs there were in a row. */
  get count(): number {
    return this.#count;
  }

  /** Notes the end of a run. `lasted` is how long it took, in ms. */
  ended(lasted: number): void {
    this.#count = lasted < STABLE_AFTER ? this.#count + 1 : 0;
  }

  /** Starts counting from zero: the last run ended for a good reason. */
  reset(): void {
    this.#count = 0;
  }

  /** How long to wait before the next one, in ms; see {@linkcode backoff}. */
  delay(random: number): number {
    return this.#count === 0 ? 0 : backoff(this.#count, random);
  }
}
