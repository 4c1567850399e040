/**
 * `serve`: stdio MCP servers on a broker.
 *
 * @module
 */
import type { BrokerConfig, ServerEntry } from "../config/mod.ts";
import type { Observer } from "../core/events.ts";
import type { Failure } from "../core/failure.ts";
import type { Credentials } from "../core/secret.ts";
import { BrokerLink } from "../mqtt/mod.ts";
import { PROFILES, type ServerOptions } from "../wire/mod.ts";
import { ChildPool } from "./child_pool.ts";
import { clientIdFor } from "./client_id.ts";
import { SessionHost, SessionSlots } from "./session_host.ts";

/** A server to put on the broker. */
export interface ServedEntry {
  readonly entry: ServerEntry;
  /** Where it is; see {@linkcode ServerOptions}. */
  readonly topics: Pick<ServerOptions, "serverName" | "topic" | "requestTopic" | "responseTopic">;
  readonly description?: string;
}

/** Everything that `serve` has to know. */
export interface ServeConfig {
  readonly broker: BrokerConfig;
  readonly servers: readonly ServedEntry[];
  readonly share: string | undefined;
  readonly passedVariables: readonly string[];
  /** What the server processes get by SMCP before they speak MCP. */
  readonly childCredentials?: Credentials;
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
  { entry, topics, description }: ServedEntry,
  config: ServeConfig,
  slots: SessionSlots,
  observe: Observer,
  servers: AsyncDisposableStack,
): Promise<Failure> {
  const profile = PROFILES["request-response"];
  const { broker } = config;
  const pool = new ChildPool({
    entry,
    passedVariables: config.passedVariables,
    ...(config.childCredentials === undefined ? {} : { credentials: config.childCredentials }),
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
  const options: ServerOptions = {
    ...topics,
    ...(description === undefined ? {} : { description }),
    share: config.share,
    qos: broker.qos,
    observe,
    opened: (session) => host.accept(session),
  };
  const clientId = clientIdFor("serve", broker.clientId, config.servers.length > 1 ? topics.serverName : undefined);
  const link = new BrokerLink({
    broker: broker.broker,
    profile: broker.profile,
    plan: profile.serverPlan(clientId, options),
    ...(broker.protocolVersion === undefined ? {} : { protocolVersion: broker.protocolVersion }),
    observe,
  });
  // Taken down in the opposite order: the presence first, then the processes, and the connection last.
  servers.use(link);
  servers.use(pool);
  servers.use(host);
  servers.use(profile.accept(link, options));
  return new Promise((resolve) => {
    link.watch((state) => {
      if (state.status === "refused") resolve(state.failure);
    });
    link.open();
  });
}
