/**
 * `serve`: stdio MCP servers on a broker.
 *
 * @module
 */
import type {
  BrokerConfig,
  EndOptions,
  MessageOptions,
  ServeOptions,
  ServerEntry,
  TraceContextOptions,
} from "../../config/mod.ts";
import type { Observer, Observers } from "../../core/events.ts";
import { Failure } from "../../core/failure.ts";
import type { Credentials } from "../../core/secret.ts";
import type { ServerSealing } from "../../seal/mod.ts";
import { TakeoverDetector } from "../../mqtt/mod.ts";
import { OrphanWatch } from "../../stdio/mod.ts";
import { ChildPool } from "./child_pool.ts";
import { ChildStarts } from "./child_starts.ts";
import { ClientProcesses } from "./client_processes.ts";
import { clientIdFor } from "../client_identity.ts";
import { isPresence, ServerEndpoint, serverOptions } from "./server_endpoint.ts";
import { Links } from "../links.ts";
import { queryTools } from "./tool_list_inquiry.ts";
import { profilesFor, type ResolvedAddress } from "../../wire/mod.ts";
import { SessionSupervisor } from "./session_supervisor.ts";
import { SessionSlots } from "./session_slots.ts";

/** A server to put on the broker. */
export interface ServedEntry {
  readonly entry: ServerEntry;
  /** The address of the server. */
  readonly address: ResolvedAddress;
}

/** The configuration of `serve`. */
export interface ServeConfig {
  readonly broker: BrokerConfig;
  readonly servers: readonly ServedEntry[];
  readonly options: ServeOptions & MessageOptions & EndOptions & TraceContextOptions;
  /** How sessions are sealed; not at all when `undefined`. */
  readonly sealing?: ServerSealing | undefined;
  /** The credentials that the server processes get by SMCP, before MCP. */
  readonly childCredentials?: Credentials;
}

/**
 * Serves until `signal` is aborted, and then until all open requests are answered. Resolves with nothing in that case.
 *
 * Resolves earlier, with the reason, when the broker refuses all servers for good. As long as it accepts one of them,
 * the others are tried again.
 */
export async function serve(
  config: ServeConfig,
  observers: Observers,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const { maxSessions, maxSessionsPerClient } = config.options;
  const slots = new SessionSlots(maxSessions);
  const clients = new ClientProcesses(maxSessionsPerClient, maxSessions);
  const takeovers = new TakeoverDetector();
  await using orphans = new OrphanWatch();
  const shared = { slots, clients, takeovers, orphans, starts: new ChildStarts() };
  const servers = config.servers.map((served) => start(served, config, shared, observers));
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const allRefused = Promise.all(servers.map(({ refused }) => refused)).then(([failure]) => failure);
  const failure = await Promise.race([aborted, allRefused]);
  // In parallel, so that a slow process of one server does not delay the others.
  if (failure === undefined) await Promise.all(servers.map((server) => server.drain()));
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  return failure;
}

/** A server on the broker. */
interface RunningServer extends AsyncDisposable {
  /** Accepts nothing new, and waits until all open requests are answered. */
  drain(): Promise<void>;
  /** Resolves when the broker refuses the server for good. */
  readonly refused: Promise<Failure>;
}

/** The objects that all servers of this process share. */
interface Shared {
  readonly slots: SessionSlots;
  readonly clients: ClientProcesses;
  readonly takeovers: TakeoverDetector;
  readonly orphans: OrphanWatch;
  readonly starts: ChildStarts;
}

/** Puts one server on the broker. */
function start(
  { entry, address }: ServedEntry,
  { broker, servers, options, sealing, childCredentials: credentials }: ServeConfig,
  { slots, clients, takeovers, orphans, starts }: Shared,
  { observe, meter, traced = false }: Observers,
): RunningServer {
  const profiles = profilesFor(address.options, {
    ...address.options,
    broker,
    sealed: sealing?.allowUnsealed === false,
  });
  const links = new Links(broker, observe, takeovers);
  const pool = new ChildPool({ entry, options, credentials, orphans, starts, observe });
  const supervisor = new SessionSupervisor({
    server: address.label,
    slots,
    clients,
    options,
    start: (name, client, over) => pool.take(name, client, over),
    observe,
    meter,
    traced,
  });
  // A server may have another name in each profile. Observers see one server with one name.
  const observeProfile: Observer = (event) => observe(isPresence(event) ? { ...event, server: address.label } : event);
  const clientId = clientIdFor("serve", broker.clientId, servers.length > 1 ? address.label : undefined);
  const optionsFor = serverOptions(profiles, {
    ...options,
    broker,
    address,
    serverSealing: sealing,
    clientId,
    share: options.noShare ? undefined : options.share,
    observe: observeProfile,
    refusal: (client, name) => supervisor.refusal(client, name),
    refused: (name, failure) => supervisor.refused(name, failure),
    opened: (session, profile) => supervisor.accept(session, profile),
  });
  const server = new ServerEndpoint({ profiles, links, observe, options: optionsFor });
  const ending = new AbortController();
  // The inquiry starts a process without a session. Only users with `--prewarm` have agreed to that.
  const inquired = options.prewarm === 0
    ? undefined
    : queryTools(() => pool.startAnother(`${entry.name} (tools)`), ending.signal)
      .then((digest) => digest === undefined ? undefined : server.hasTools(digest));
  return {
    refused: server.refused,
    drain() {
      server.withdraw();
      return supervisor.drain(new Failure("server-shutting-down", "The server is shutting down"), options.drain);
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await server[Symbol.asyncDispose](); // the presence first, so that no more clients come
      await Promise.all([inquired, supervisor[Symbol.asyncDispose](), pool[Symbol.asyncDispose]()]);
      await links[Symbol.asyncDispose]();
    },
  };
}
