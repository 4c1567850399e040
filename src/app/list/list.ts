/**
 * `list`: the servers that are online.
 *
 * @module
 */
import type { Observer } from "../../core/events.ts";
import type { Failure } from "../../core/failure.ts";
import type { Announcement } from "../../wire/mod.ts";
import { type DiscoveryConfig, ServerDiscovery } from "./server_discovery.ts";
import type { ListedServer } from "./server_registry.ts";

/** The result of a search. */
export interface Listing {
  readonly servers: readonly ListedServer[];
  /** Whether the broker has sent all presences within the time limit. */
  readonly complete: boolean;
  /** The profiles of which the broker shows no server, and the reasons. */
  readonly hidden: ReadonlyMap<string, Failure>;
}

/**
 * Lists the servers that are online.
 *
 * @throws {Failure} when the broker cannot be reached, or the connection is lost before all presences have arrived
 */
export async function list(config: DiscoveryConfig, observe: Observer, signal: AbortSignal): Promise<Listing> {
  await using discovery = new ServerDiscovery(config, observe, () => {});
  const complete = await discovery.complete(signal);
  return { servers: discovery.registry.servers, complete, hidden: discovery.hidden };
}

/**
 * Reports servers that come and go, until `signal` is aborted.
 *
 * @param changed takes each server that is online, and then each change, with a function that lists all servers
 * @throws {Failure} when the broker cannot be reached at first
 */
export async function watch(
  config: DiscoveryConfig,
  changed: (announcement: Announcement, servers: () => ListedServer[]) => void,
  observe: Observer,
  signal: AbortSignal,
): Promise<void> {
  await using discovery: ServerDiscovery = new ServerDiscovery(
    config,
    observe,
    (announcement) => changed(announcement, () => discovery.registry.servers),
  );
  await discovery.ready(signal).catch((error) => {
    if (!signal.aborted) throw error;
  });
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
