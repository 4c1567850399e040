/**
 * Noticing that the process that started us is gone.
 *
 * @module
 */

/** How often it is looked for, in ms. */
const INTERVAL = 2_000;

/** How often when there is reason to think that it is gone. */
const SHORT_INTERVAL = 50;

/** Watches the parent process until it is disposed of. */
export interface ParentWatch extends Disposable {
  /** Aborted when the parent is gone. */
  readonly signal: AbortSignal;
  /** Looks closely from now on: there is a sign that the parent may be gone. */
  readonly suspect: () => void;
}

/**
 * An abort signal for the end of the parent process. The end of stdin tells the same, unless somebody else holds the
 * other end of that pipe open. On Windows no process gets another parent, so there only stdin tells.
 */
export function parentWatch(): ParentWatch {
  const abort = new AbortController();
  const parent = Deno.ppid;
  const every = (interval: number) => {
    const timer = setInterval(() => {
      if (Deno.ppid !== parent) abort.abort();
    }, interval);
    Deno.unrefTimer(timer);
    return timer;
  };
  let timer = every(INTERVAL);
  let disposed = false;
  return {
    signal: abort.signal,
    suspect() {
      clearInterval(timer);
      if (!disposed) timer = every(SHORT_INTERVAL);
    },
    [Symbol.dispose]() {
      disposed = true;
      clearInterval(timer);
    },
  };
}
