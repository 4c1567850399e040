/**
 * Waiting for a time, or for work with a limit.
 *
 * | function     | when the time is over                      | when the signal is aborted | when the work fails |
 * |--------------|--------------------------------------------|----------------------------|---------------------|
 * | `sleep`      | resolves                                   | rejects                    |                     |
 * | `waitAtMost` | resolves                                   |                            | resolves            |
 * | `orLate`     | does what the caller says: value or error  | rejects                    | rejects             |
 * | `orAborted`  |                                            | rejects                    | rejects             |
 *
 * @module
 */
import { type Clock, systemClock } from "./clock.ts";

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

/** Waits until `work` has ended, well or badly, but at most `limit` ms. Never rejects. */
export function waitAtMost(work: Promise<unknown>, limit: number, clock: Clock = systemClock): Promise<void> {
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
 * Waits for `work`, or until `signal` is aborted.
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

/** What may end a wait early, and the clock that measures it. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

const LATE = Symbol("late");

/**
 * Waits for `work`, at most `limit` ms.
 *
 * @param late called when the time is over: its result becomes that of the wait, and its exception is thrown
 * @throws what `work` rejects with, or the reason of the signal as soon as that is aborted
 */
export async function orLate<T, Late>(
  work: Promise<T>,
  limit: number,
  late: () => Late,
  { signal, clock = systemClock }: WaitOptions = {},
): Promise<T | Late> {
  const time = Promise.withResolvers<typeof LATE>();
  const cancel = clock.after(limit, () => time.resolve(LATE));
  const either = Promise.race([work, time.promise]);
  try {
    const outcome = await (signal === undefined ? either : orAborted(either, signal));
    return outcome === LATE ? late() : outcome as T;
  } finally {
    cancel();
  }
}
