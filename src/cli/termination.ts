/**
 * Being asked to end.
 *
 * @module
 */

/** The signals that ask. Windows has but the first of them. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * An abort signal for the first request to end, from a terminal or a supervisor. The second one ends the process
 * at once, since somebody is losing patience.
 */
export function terminationSignal(): Disposable & { readonly signal: AbortSignal } {
  const abort = new AbortController();
  const listener = () => {
    if (abort.signal.aborted) Deno.exit(130);
    abort.abort();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, listener);
  return {
    signal: abort.signal,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, listener);
    },
  };
}
