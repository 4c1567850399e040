/**
 * All sinks of a process together.
 *
 * @module
 */
import type { Observers } from "../core/events.ts";
import { type LogOptions, startLog } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { Readiness } from "./readiness.ts";
import { startStatusServer } from "./status_server.ts";

/** What is observed, and shown where. */
export interface ObservationOptions {
  readonly log: LogOptions;
  /** Address of the status over HTTP; none when `undefined`. */
  readonly status: string | undefined;
  /** The heading of the status page. */
  readonly title: string;
  /** What has to be the case for the process to be ready; see {@linkcode Readiness}. */
  readonly conditions: readonly string[];
}

/** Where events go, until it is disposed of. */
export type Observation = Observers & AsyncDisposable;

/**
 * Starts the log and, if it is wanted, the status.
 *
 * @throws {UsageError} when the status cannot be served there
 */
export async function observation({ log, status, title, conditions }: ObservationOptions): Promise<Observation> {
  await using started = new AsyncDisposableStack();
  const { observe } = started.use(await startLog(log));
  if (status === undefined) {
    const running = started.move();
    return { observe, meter: undefined, [Symbol.asyncDispose]: () => running.disposeAsync() };
  }
  const metrics = new Metrics();
  const readiness = new Readiness(conditions);
  started.use(startStatusServer({ address: status, title, metrics, readiness }));
  const running = started.move();
  return {
    observe: (event) => {
      metrics.observe(event);
      readiness.observe(event);
      observe(event);
    },
    meter: metrics.observe,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
