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

/**
 * How long a program counts as starting, in ms. On Deno 2.9 the first `setTimeout` loads a part of Node.js. Measured: 7 ms
 * of every start. After that it costs a half of what an `AbortSignal` costs.
 */
const START = 500;

/** The real time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, callback) {
    const within = delay > 0 ? Math.min(delay, LONGEST_DELAY) : 0; // an AbortSignal takes nothing else
    return performance.now() < START ? afterByAbort(within, callback) : afterByTimer(within, callback);
  },
};

/** Calls `callback` every `interval` ms, until the returned function is called. */
export function every(interval: number, callback: () => void, clock: Clock = systemClock): () => void {
  const next = () =>
    clock.after(interval, () => {
      cancel = next();
      callback();
    });
  let cancel = next();
  return () => cancel();
}

function afterByTimer(delay: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delay);
  return () => clearTimeout(timer);
}

/** A timer that loads nothing. When it is cancelled, it still takes memory until its time has come. */
function afterByAbort(delay: number, callback: () => void): () => void {
  const signal = AbortSignal.timeout(delay);
  const aborted = () => callback();
  signal.addEventListener("abort", aborted, { once: true });
  return () => signal.removeEventListener("abort", aborted);
}
