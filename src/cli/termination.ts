/**
 * Being asked to end.
 *
 * @module
 */
import { EXIT_INTERRUPTED } from "./command.ts";

/**
 * The signals that ask. Windows tells of Ctrl+C, of Ctrl+Break (which supervisors send, since it reaches one process
 * group alone) and of a console that is closed.
 */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK", "SIGHUP"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * An abort signal for the first request to end, from a terminal or a supervisor. The second one ends the process
 * at once, since somebody is losing patience.
 */
export function terminationSignal(): Disposable & { readonly signal: AbortSignal } {
  const abort = new AbortController();
  const listener = () => {
    if (abort.signal.aborted) Deno.exit(EXIT_INTERRUPTED);
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
