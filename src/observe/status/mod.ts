/**
 * The status: counts and recent events of a running process, shown over HTTP.
 *
 * @module
 */
import type { Observer } from "../../core/events.ts";
import { Metrics } from "./metrics.ts";
import { Overview } from "./overview.ts";
import { type Need, Readiness } from "./readiness.ts";
import { startStatusServer } from "./status_server.ts";

/** The content of the status. */
export interface StatusContent {
  /** The title of the page. */
  readonly title: string;
  readonly version: string;
  /** The URL of the broker, without credentials. */
  readonly broker: string;
  /** The names of the servers that are served or reached. */
  readonly servers: readonly string[];
  /** The maximum number of sessions; `undefined` where none are accepted. */
  readonly maximumSessions?: number;
  /** What the process needs to be ready. */
  readonly needs: readonly Need[];
  /** The names of this machine, which requests may use. */
  readonly ownNames: readonly string[];
}

/**
 * Starts the status.
 *
 * @param address as in `--status`
 * @param hosts host names that requests may use, besides those of this machine
 * @returns the observer for all events, and the server
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
