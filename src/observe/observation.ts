/**
 * All sinks of a process together.
 *
 * @module
 */
import type { Observer, Observers, ProxyEvent } from "../core/events.ts";
import type { Log } from "./log.ts";
import type { StatusContent } from "./status/mod.ts";

/** Where the status is served. */
export interface StatusOptions {
  /** `ADDRESS:PORT`, `:PORT` or `PORT`; nowhere when `undefined`. */
  readonly status: string | undefined;
  /** Names by which it may be asked for, besides those of this machine. */
  readonly statusHost: readonly string[];
}

/** What is observed, and shown where. */
export interface ObservationOptions extends StatusOptions, StatusContent {
  /** It stays the caller's. */
  readonly log: Log;
}

/** Where events go, until it is disposed of. */
export type Observation = Observers & AsyncDisposable;

/**
 * Starts the status, if it is wanted, beside the log. What only they need is loaded only then.
 *
 * @throws {UsageError} when the status cannot be served there
 */
export async function observation(options: ObservationOptions): Promise<Observation> {
  const { log: { observe }, status, statusHost } = options;
  await using stack = new AsyncDisposableStack();
  const meters: Observer[] = [];
  if (status !== undefined) {
    const { startStatus } = await import("./status/mod.ts");
    const { observe, server } = startStatus(status, statusHost, options);
    meters.push(observe);
    stack.use(server);
  }
  const ending = stack.move();
  const meter = meters.length === 0 ? undefined : (event: ProxyEvent) => meters.forEach((meter) => meter(event));
  return {
    observe: meter === undefined ? observe : (event) => {
      meter(event);
      observe(event);
    },
    meter,
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  };
}
