/**
 * Noticing the end of the parent process.
 *
 * @module
 */
import { every } from "../core/clock.ts";

/** How often the parent is checked, in ms. */
const INTERVAL = 2_000;

/** How often it is checked when it may be gone, in ms. */
const SHORT_INTERVAL = 50;

/** Watches the parent process until it is disposed of. */
export interface ParentWatch extends Disposable {
  /** Aborted when the parent is gone. */
  readonly signal: AbortSignal;
  /** Checks more often from now on, because there is a sign that the parent may be gone. */
  readonly suspect: () => void;
}

/**
 * An abort signal for the end of the parent process. Usually the end of stdin tells the same. But another process may
 * hold the other end of that pipe open. On Windows the parent id of a process never changes, so there only stdin tells.
 */
export function parentWatch(): ParentWatch {
  const abort = new AbortController();
  const parent = Deno.ppid;
  const check = () => {
    if (Deno.ppid !== parent) abort.abort();
  };
  let stop = every(INTERVAL, check);
  let disposed = false;
  return {
    signal: abort.signal,
    suspect() {
      stop();
      if (!disposed) stop = every(SHORT_INTERVAL, check);
    },
    [Symbol.dispose]() {
      disposed = true;
      stop();
    },
  };
}
