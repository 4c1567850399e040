/**
 * Noticing that the process that started us is gone.
 *
 * @module
 */

/** How often it is looked for, in ms. */
const INTERVAL = 2_000;

/**
 * An abort signal for the end of the parent process. The end of stdin tells the same, unless somebody else holds the
 * other end of that pipe open. On Windows no process gets another parent, so there only stdin tells.
 */
export function parentWatch(): Disposable & { readonly signal: AbortSignal } {
  const abort = new AbortController();
  const parent = Deno.ppid;
  const timer = setInterval(() => {
    if (Deno.ppid !== parent) abort.abort();
  }, INTERVAL);
  Deno.unrefTimer(timer);
  return { signal: abort.signal, [Symbol.dispose]: () => clearInterval(timer) };
}
