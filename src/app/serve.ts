/**
 * `serve`: stdio MCP servers on a broker.
 *
 * @module
 */
import type { BrokerConfig, ServerEntry, TopicConfig } from "../config/mod.ts";
import type { Observer } from "../core/events.ts";
import type { Failure } from "../core/failure.ts";
import type { ServerOptions, WireProfile } from "../wire/mod.ts";
import { ChildPool } from "./child_pool.ts";
import { clientIdFor } from "./client_id.ts";
import { COMPONENT } from "./component.ts";
import { HostedServer } from "./hosted_server.ts";
import { Links } from "./links.ts";
import { addressIn, profilesFor } from "./profiles.ts";
import { SessionHost, SessionSlots } from "./session_host.ts";

/** A server to put on the broker. */
export interface ServedEntry {
  readonly entry: ServerEntry;
  /** Where it is. */
  readonly topics: Omit<TopicConfig, "warnings">;
  readonly description?: string;
  /** What else is to be known of it. */
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** Everything that `serve` has to know. */
export interface ServeConfig {
  readonly broker: BrokerConfig;
  readonly servers: readonly ServedEntry[];
  readonly share: string | undefined;
  readonly passedVariables: readonly string[];
  readonly prewarm: number;
  readonly maximumSessions: number;
  /** In ms. */
  readonly idleTimeout: number;
  /** In bytes. */
  readonly maximumMessage: number;
}

/**
 * Serves until `signal` is aborted. Resolves with nothing then, or earlier with the reason why no waiting will
 * help.
 */
export async function serve(config: ServeConfig, observe: Observer, signal: AbortSignal): Promise<Failure | undefined> {
  const slots = new SessionSlots(config.maximumSessions);
  await using servers = new AsyncDisposableStack();
  const ends = config.servers.map((served) => start(served, config, slots, observe, servers));
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  return await Promise.race([aborted, ...ends]);
}

/** Puts one server on the broker. The promise resolves when the broker refuses for good. */
function start(
  { entry, topics, description, meta }: ServedEntry,
  config: ServeConfig,
  slots: SessionSlots,
  observe: Observer,
  servers: AsyncDisposableStack,
): Promise<Failure> {
  const { broker } = config;
  const profiles = profilesFor({ broker, topics });
  const links = new Links(broker, observe);
  const pool = new ChildPool({
    entry,
    passedVariables: config.passedVariables,
    prewarm: config.prewarm,
    maximumMessage: config.maximumMessage,
    observe,
  });
  const host = new SessionHost({
    server: topics.serverName,
    slots,
    idleTimeout: config.idleTimeout,
    start: (session) => pool.take(session),
    observe,
  });
  const clientId = clientIdFor("serve", broker.clientId, config.servers.length > 1 ? topics.serverName : undefined);
  const options = (profile: WireProfile): ServerOptions => ({
    ...addressIn(profile.name, topics),
    ...(description === undefined ? {} : { description }),
    ...(meta === undefined ? {} : { meta }),
    // Two connections cannot have one client id.
    clientId: profile === profiles[0] ? clientId : `${clientId}-open`,
    component: COMPONENT,
    share: config.share,
    qos: broker.qos,
    observe,
    opened: (session) => host.accept(session),
  });
  // Taken down in the opposite order: the presence first, then the processes, and the connections last.
  servers.use(links);
  servers.use(pool);
  servers.use(host);
  return servers.use(new HostedServer({ profiles, links, observe, options })).refused;
}
