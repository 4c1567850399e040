/**
 * `serve`: stdio MCP servers on a broker.
 *
 * @module
 */
import type { BrokerConfig, ServerEntry } from "../config/mod.ts";
import type { Observer } from "../core/events.ts";
import type { Failure } from "../core/failure.ts";
import { BrokerLink, type LinkState } from "../mqtt/mod.ts";
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
  readonly prewarm: number;
  readonly maximumSessions: number;
  /** In ms. */
  readonly idleTimeout: number;
  /** In bytes. */
  readonly maximumMessage: number;
}

/**
 * Serves until `signal` is aborted. Resolves with nothing then, or earlier, when the broker refuses all servers for
 * good, with the reason: as long as one of them is let in, the others are tried again.
 */
export async function serve(config: ServeConfig, observe: Observer, signal: AbortSignal): Promise<Failure | undefined> {
  const slots = new SessionSlots(config.maximumSessions);
  const refused = new Set<ServedEntry>();
  const allRefused = Promise.withResolvers<Failure>();
  const watch = (served: ServedEntry) => (state: LinkState) => {
    if (state.status !== "refused") return void refused.delete(served);
    refused.add(served);
    if (refused.size === config.servers.length) allRefused.resolve(state.failure);
  };
  const servers = config.servers.map((served) => start(served, config, slots, observe, watch(served)));
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const failure = await Promise.race([aborted, allRefused.promise]);
  // All at a time: a supervisor does not wait for one stubborn process after the other.
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  return failure;
}

/** Puts one server on the broker. `changed` is told of every change of its connection. */
function start(
  { entry, topics, description }: ServedEntry,
  config: ServeConfig,
  slots: SessionSlots,
  observe: Observer,
  changed: (state: LinkState) => void,
): AsyncDisposable {
  const profile = PROFILES["request-response"];
  const { broker } = config;
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
  const acceptor = profile.accept(link, options);
  link.watch(changed);
  link.open();
  return {
    async [Symbol.asyncDispose]() {
      await acceptor[Symbol.asyncDispose](); // the presence first, so that nobody comes any more
      await Promise.all([host[Symbol.asyncDispose](), pool[Symbol.asyncDispose]()]);
      await link.close();
    },
  };
}
