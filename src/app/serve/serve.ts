/**
 * `serve`: stdio MCP servers on a broker.
 *
 * @module
 */
import type { BrokerConfig, RestartPolicyName, ServerEntry, TopicConfig } from "../../config/mod.ts";
import type { Observer, Observers } from "../../core/events.ts";
import { Failure } from "../../core/failure.ts";
import type { Credentials } from "../../core/secret.ts";
import { TakeoverDetector } from "../../mqtt/mod.ts";
import { ChildPool } from "./child_pool.ts";
import { clientIdFor } from "../client_identity.ts";
import { ServerEndpoint, serverOptions } from "./server_endpoint.ts";
import { Links } from "../links.ts";
import { profilesFor } from "../profiles.ts";
import { SessionSupervisor } from "./session_supervisor.ts";
import { SessionSlots } from "./session_slots.ts";

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
  /** What the server processes get by SMCP before they speak MCP. */
  readonly childCredentials?: Credentials;
  readonly prewarm: number;
  readonly maxSessions: number;
  /** Requests of one session that may wait for their answers. */
  readonly maxPending: number;
  /** How long a session waits for a client that has lost its connection, in ms. */
  readonly sessionExpiry: number;
  /** In ms. */
  readonly idleTimeout: number;
  readonly restart: RestartPolicyName;
  /** How long requests that are under way may take when the process is asked to end, in ms. */
  readonly drain: number;
  /** In bytes. */
  readonly maxMessage: number;
}

/**
 * Serves until `signal` is aborted, and then until the requests that are under way have their answers. Resolves with
 * nothing then, or earlier, when the broker refuses all servers for good, with the reason: as long as one of them is let
 * in, the others are tried again.
 */
export async function serve(
  config: ServeConfig,
  observers: Observers,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const slots = new SessionSlots(config.maxSessions);
  const takeovers = new TakeoverDetector();
  const servers = config.servers.map((served) => start(served, config, { slots, takeovers }, observers));
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const allRefused = Promise.all(servers.map(({ refused }) => refused)).then(([failure]) => failure);
  const failure = await Promise.race([aborted, allRefused]);
  // All at a time: a supervisor does not wait for one stubborn process after the other.
  if (failure === undefined) await Promise.all(servers.map((server) => server.drain()));
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  return failure;
}

/** A server on the broker. */
interface RunningServer extends AsyncDisposable {
  /** Takes nothing new, and lets what is under way come to its end. */
  drain(): Promise<void>;
  /** Resolves when the broker refuses for good. */
  readonly refused: Promise<Failure>;
}

/** What all servers have in common. */
interface Shared {
  readonly slots: SessionSlots;
  readonly takeovers: TakeoverDetector;
}

/** Puts one server on the broker. */
function start(
  { entry, topics, description, meta }: ServedEntry,
  config: ServeConfig,
  { slots, takeovers }: Shared,
  { observe, meter }: Observers,
): RunningServer {
  const { broker } = config;
  const profiles = profilesFor({ broker, topics });
  const links = new Links(broker, observe, takeovers);
  const pool = new ChildPool({
    entry,
    passedVariables: config.passedVariables,
    ...(config.childCredentials === undefined ? {} : { credentials: config.childCredentials }),
    prewarm: config.prewarm,
    maxMessage: config.maxMessage,
    observe,
  });
  const host = new SessionSupervisor({
    server: topics.serverName,
    slots,
    maxPending: config.maxPending,
    idleTimeout: config.idleTimeout,
    restart: config.restart,
    start: (session) => pool.take(session),
    observe,
    meter,
  });
  // It may have another name in each profile, but for whoever watches it is one server.
  const observeProfile: Observer = (event) => {
    const isPresence = event.type === "server.online" || event.type === "server.offline";
    observe(isPresence ? { ...event, server: topics.serverName } : event);
  };
  const clientId = clientIdFor("serve", broker.clientId, config.servers.length > 1 ? topics.serverName : undefined);
  const options = serverOptions(profiles, {
    broker,
    topics,
    ...(description === undefined ? {} : { description }),
    ...(meta === undefined ? {} : { meta }),
    clientId,
    share: config.share,
    maxMessage: config.maxMessage,
    sessionExpiry: config.sessionExpiry,
    observe: observeProfile,
    opened: (session) => host.accept(session),
  });
  const server = new ServerEndpoint({ profiles, links, observe, options });
  return {
    refused: server.refused,
    drain() {
      server.withdraw();
      return host.drain(new Failure("server-shutting-down", "The server is shutting down"), config.drain);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose](); // the presence first, so that nobody comes any more
      await Promise.all([host[Symbol.asyncDispose](), pool[Symbol.asyncDispose]()]);
      await links[Symbol.asyncDispose]();
    },
  };
}
