/**
 * `serve`: stdio MCP servers on a broker.
 *
 * @module
 */
import type { BrokerConfig, ServerEntry } from "../config/mod.ts";
import type { Observer } from "../core/events.ts";
import type { Failure } from "../core/failure.ts";
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
  const servers = config.servers.map((served) => start(served, config, slots, observe));
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const failure = await Promise.race([aborted, ...servers.map(({ refused }) => refused)]);
  // All at a time: a supervisor does not wait for one stubborn process after the other.
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  return failure;
}

/** A server on the broker. */
interface RunningServer extends AsyncDisposable {
  /** Resolves when the broker refuses for good. */
  readonly refused: Promise<Failure>;
}

/** Puts one server on the broker. */
function start(
  { entry, topics, description }: ServedEntry,
  config: ServeConfig,
  slots: SessionSlots,
  observe: Observer,
): RunningServer {
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
  const refused = new Promise<Failure>((resolve) => {
    link.watch((state) => {
      if (state.status === "refused") resolve(state.failure);
    });
    link.open();
  });
  return {
    refused,
    async [Symbol.asyncDispose]() {
      await acceptor[Symbol.asyncDispose](); // the presence first, so that nobody comes any more
      await Promise.all([host[Symbol.asyncDispose](), pool[Symbol.asyncDispose]()]);
      await link.close();
    },
  };
}
