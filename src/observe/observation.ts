/**
 * All sinks of a process together.
 *
 * @module
 */
import type { Observers } from "../core/events.ts";
import type { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { Readiness } from "./readiness.ts";
import { startStatusServer } from "./status_server.ts";

/** What is observed, and shown where. */
export interface ObservationOptions {
  /** It stays the caller's. */
  readonly log: Log;
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
 * Starts the status, if it is wanted, beside the log.
 *
 * @throws {UsageError} when the status cannot be served there
 */
export function observation({ log, status, title, conditions }: ObservationOptions): Observation {
  const { observe } = log;
  if (status === undefined) return { observe, meter: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  const metrics = new Metrics();
  const readiness = new Readiness(conditions);
  const server = startStatusServer({ address: status, title, metrics, readiness });
  return {
    observe: (event) => {
      metrics.observe(event);
      readiness.observe(event);
      observe(event);
    },
    meter: metrics.observe,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
