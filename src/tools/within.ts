/**
 * Waiting, but not for ever.
 *
 * @module
 */
import { type Clock, orAborted } from "../core/clock.ts";

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
  signal: AbortSignal,
  clock: Clock,
): Promise<T> {
  const time = new AbortController();
  const cancel = clock.after(limit, () => time.abort(late()));
  try {
    return await orAborted(work, AbortSignal.any([signal, time.signal]));
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
export async function atMost(work: Promise<unknown>, limit: number, signal: AbortSignal, clock: Clock): Promise<void> {
  await within(work, limit, () => LATE, signal, clock).catch((reason) => {
    if (reason !== LATE) throw reason;
  });
}
