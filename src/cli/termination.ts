/**
 * Being asked to end.
 *
 * @module
 */

import { EXIT_HUNG_UP, EXIT_INTERRUPTED, EXIT_TERMINATED } from "./command.ts";

/**
 * The signals that ask, with what a command ends with that is not done then. Windows tells of Ctrl+C, of Ctrl+Break (which
 * supervisors send, since it reaches one process group alone) and of a console that is closed.
 */
const EXIT_CODES: ReadonlyMap<Deno.Signal, number> = new Map(
  Deno.build.os === "windows"
    ? [["SIGINT", EXIT_INTERRUPTED], ["SIGBREAK", EXIT_INTERRUPTED], ["SIGHUP", EXIT_HUNG_UP]]
    : [["SIGINT", EXIT_INTERRUPTED], ["SIGTERM", EXIT_TERMINATED], ["SIGHUP", EXIT_HUNG_UP]],
);

/** Being asked to end, from a terminal or by a supervisor. */
export interface Termination extends Disposable {
  /** Aborted at the first request. */
  readonly signal: AbortSignal;
  /** What a command that was not done then ends with. */
  readonly exitCode: number;
}

/** Waits for requests to end. The second one ends the process at once, since somebody is losing patience. */
export function terminationSignal(): Termination {
  const abort = new AbortController();
  let exitCode = EXIT_INTERRUPTED;
  const listeners = [...EXIT_CODES].map(([signal, code]) => {
    const listener = () => {
      if (abort.signal.aborted) Deno.exit(code);
      exitCode = code;
      abort.abort();
    };
    Deno.addSignalListener(signal, listener);
    return { signal, listener };
  });
  return {
    signal: abort.signal,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]() {
      for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}
