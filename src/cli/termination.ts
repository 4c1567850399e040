/**
 * Signals that ask the process to end.
 *
 * @module
 */
import { EXIT_HUNG_UP, EXIT_INTERRUPTED, EXIT_TERMINATED } from "./command.ts";

/**
 * The signals, each with the exit code of a command that was not done. On Windows they stand for Ctrl+C, Ctrl+Break and
 * a closed console. Supervisors send Ctrl+Break, because it can reach a single process group.
 */
const EXIT_CODES: ReadonlyMap<Deno.Signal, number> = new Map(
  Deno.build.os === "windows"
    ? [["SIGINT", EXIT_INTERRUPTED], ["SIGBREAK", EXIT_INTERRUPTED], ["SIGHUP", EXIT_HUNG_UP]]
    : [["SIGINT", EXIT_INTERRUPTED], ["SIGTERM", EXIT_TERMINATED], ["SIGHUP", EXIT_HUNG_UP]],
);

/** A request to end, from a terminal or from a supervisor. */
export interface Termination extends Disposable {
  /** Aborted at the first request. */
  readonly signal: AbortSignal;
  /** The exit code of a command that was not done. */
  readonly exitCode: number;
}

/** Listens for requests to end. The second one ends the process at once, for a user who does not want to wait. */
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
