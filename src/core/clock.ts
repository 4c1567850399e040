/**
 * Time, as an argument: so that a test can own it.
 *
 * @module
 */

/** Where a component gets the time and its timers from. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back, whatever happens to the time of day. */
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

/**
 * Resolves after `delay` ms.
 *
 * @throws the reason of `signal`, as soon as it is aborted
 */
export function sleep(delay: number, signal: AbortSignal, clock: Clock = systemClock): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(delay, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** Waits for the end of `work`, but not longer than `limit` ms. Never rejects. */
export function withTimeLimit(work: Promise<unknown>, limit: number, clock: Clock = systemClock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(limit, resolve);
    const ended = () => {
      cancel();
      resolve();
    };
    work.then(ended, ended);
  });
}

/**
 * Waits for `work`, but not beyond an abort.
 *
 * @throws what `work` rejects with, or the reason of `signal` as soon as that is aborted
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) work.catch(() => {}); // nobody waits for it any more
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Waits for `work`, at most `limit` ms.
 *
 * @throws what `late` makes, when the time is over
 * @throws the reason of `signal`, as soon as it is aborted
 */
export async function within<T>(
  work: Promise<T>,
  limit: number,
  late: () => unknown,
  signal?: AbortSignal,
  clock: Clock = systemClock,
): Promise<T> {
  const time = new AbortController();
  const cancel = clock.after(limit, () => time.abort(late()));
  try {
    return await orAborted(work, signal === undefined ? time.signal : AbortSignal.any([signal, time.signal]));
  } finally {
    cancel();
  }
}

const LATE = Symbol("late");

/**
 * Waits for `work`, at most `limit` ms, whichever comes first.
 *
 * @throws what `work` rejects with
 * @throws the reason of `signal`, as soon as it is aborted
 */
export async function atMost(
  work: Promise<unknown>,
  limit: number,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  await within(work, limit, () => LATE, signal, clock).catch((reason) => {
    if (reason !== LATE) throw reason;
  });
}
