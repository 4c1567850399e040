/**
 * Time, as an argument: so that a test can own it.
 *
 * @module
 */

/** Where a component gets the time and its timers from. */
export interface Clock {
  /** Milliseconds since a fixed moment. Monotonic: never goes back, even if the time of day is changed. */
  now(): number;
  /** Calls `callback` once after `delay` ms, unless the returned function is called first. */
  after(delay: number, callback: () => void): () => void;
}

/** The longest delay a timer takes; a longer one would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** The real time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, callback) {
    const timer = setTimeout(callback, Math.min(delay, LONGEST_DELAY));
    return () => clearTimeout(timer);
  },
};
