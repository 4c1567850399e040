/**
 * The status: what a process counts and remembers while it runs, and shows over HTTP.
 *
 * @module
 */
import type { Observer } from "../../core/events.ts";
import { Metrics } from "./metrics.ts";
import { Overview } from "./overview.ts";
import { type Need, Readiness } from "./readiness.ts";
import { startStatusServer } from "./status_server.ts";

/** What is shown. */
export interface StatusContent {
  /** What the process is. */
  readonly title: string;
  readonly version: string;
  /** The URL of the broker, without credentials. */
  readonly broker: string;
  /** The names of the servers that there are, or that are reached. */
  readonly servers: readonly string[];
  /** How many sessions there may be; `undefined` where none are accepted. */
  readonly maximumSessions?: number;
  /** What the process needs to be ready. */
  readonly needs: readonly Need[];
  /** The names of this machine, by which it may be asked for. */
  readonly ownNames: readonly string[];
}

/**
 * Starts it.
 *
 * @param address as `--status` has it
 * @param hosts names by which it may be asked for, besides those of this machine
 * @returns the sink of all events, and the server
 * @throws {UsageError} when the status cannot be served there
 */
export function startStatus(
  address: string,
  hosts: readonly string[],
  { title, version, broker, servers, maximumSessions, needs, ownNames }: StatusContent,
): { observe: Observer; server: AsyncDisposable } {
  const metrics = new Metrics({ version, servers, maximumSessions });
  const readiness = new Readiness(needs);
  const overview = new Overview({ title, version, broker, servers, maximumSessions }, readiness);
  const server = startStatusServer({ address, hosts, ownNames, metrics, readiness, overview });
  return {
    server,
    observe(event) {
      metrics.observe(event);
      readiness.observe(event);
      overview.observe(event);
    },
  };
}
