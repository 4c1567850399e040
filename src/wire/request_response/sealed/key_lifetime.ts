/**
 * How long the keys of a session are used.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";

/** A sealed session gets new keys, and so a new handshake, after this time, in ms. */
export const KEY_LIFETIME: number = 24 * 60 * 60 * 1_000;

/** Then its end waits for a moment in which nothing is said, of this length, in ms, */
const QUIET = 30_000;
/** but no longer than this. */
const LONGEST_WAIT = 30 * 60 * 1_000;

/**
 * Calls `over` when the keys have been used for long enough, and nobody is in the middle of something.
 *
 * @param traffic counts what is said
 * @returns what cancels it
 */
export function afterLifetime(clock: Clock, traffic: () => number, over: () => void): () => void {
  let cancel = clock.after(KEY_LIFETIME, () => wait(traffic(), 0));
  const wait = (before: number, waited: number) => {
    cancel = clock.after(QUIET, () => {
      const now = traffic();
      if (now === before || waited + QUIET >= LONGEST_WAIT) over();
      else wait(now, waited + QUIET);
    });
  };
  return () => cancel();
}
