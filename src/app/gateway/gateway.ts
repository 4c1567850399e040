/**
 * `gateway`: all servers on a broker, as one MCP server.
 *
 * @module
 */
import type { EndOptions } from "../../config/mod.ts";
import type { Channel } from "../../core/channel.ts";
import type { Observers } from "../../core/events.ts";
import { Failure } from "../../core/failure.ts";
import { LingeringChannel } from "../lingering_channel.ts";
import { Connections, type ConnectionsConfig, SESSION } from "./servers/connections.ts";
import { FaceChoice } from "./faces/mode.ts";
import { FleetWatch } from "./fleet_watch.ts";
import { HostedGateway } from "./hosted_gateway.ts";
import { serveHost } from "./host/host_server.ts";
import type { Json } from "./json.ts";
import { SessionPool } from "./servers/pool.ts";
import { type Era, ServerSession } from "./servers/server_session.ts";
import type { FaceOptions, FleetOptions, PoolOptions } from "./settings.ts";
import { ListenWatch } from "./servers/subscriptions.ts";
import type { ToolPolicyOptions } from "./host/tool_policy.ts";

/** Everything that `gateway` has to know. */
export interface GatewayConfig extends Omit<ConnectionsConfig, "closedTopic"> {
  readonly fleet: FleetOptions;
  readonly face: FaceOptions;
  readonly pool: PoolOptions;
  readonly policy: ToolPolicyOptions;
  readonly end: EndOptions;
  /** Told what the host sees from now on, and why. */
  readonly decided?: (text: string) => void;
}

/** Serves `host` until it ends its side, or `signal` is aborted. */
export async function gateway(
  config: GatewayConfig,
  host: Channel,
  observers: Observers,
  signal: AbortSignal,
): Promise<void> {
  const { observe } = observers;
  const { idleTimeout, maxConnections, closedTopic } = config.pool;
  await using connections = new Connections({ ...config, closedTopic }, observers);
  let hosted: HostedGateway | undefined;
  const eras = new Map<string, Era>();
  await using pool = new SessionPool({
    directory: { get: (name) => watch.directory.get(name) },
    connections,
    idleTimeout,
    maxConnections,
    connectionTimeout: config.options.connectTimeout,
    open: async (server, signal) => {
      const current = hosted;
      if (current === undefined) throw new Failure("session-ended", "The host has not sent a request yet");
      const { name } = server;
      const session = await ServerSession.open(
        name,
        () => connections.open(server),
        eras.get(name),
        current.capabilities,
        {
          asked: (...question) => (hosted ?? current).router.asked(...question),
          notified: (...news) => (hosted ?? current).router.notified(...news),
        },
        signal,
      );
      eras.set(name, session.era);
      const place = { server: name, session: SESSION, profile: session.profile };
      observe({ type: "session.opened", ...place });
      void session.closed.then((cause) => observe({ type: "session.ended", ...place, cause }));
      watch.capabilities.set(name, summaryOf(session.capabilities));
      current.prepare(session);
      return session;
    },
  });
  await using watch: FleetWatch = new FleetWatch(
    config,
    connections.newId(),
    pool,
    observe,
    () => hosted,
    (name) => eras.delete(name),
  );
  const choice = new FaceChoice(
    config.face,
    ({ face, why }) => config.decided?.(`the host sees ${FACES[face]}: ${why}`),
  );
  const ended = Promise.withResolvers<void>();
  const lingering = new LingeringChannel(host, config.end.endTimeout);
  void lingering.closed.then(() => ended.resolve());
  const heard = new ListenWatch(lingering, (uri, wanted) => {
    void hosted?.follow(uri, wanted).catch(({ message }) => observe({ type: "warning", text: message }));
  });
  const server = serveHost(heard, {
    instructions: () => INSTRUCTIONS,
    connected: (host, states) =>
      hosted = new HostedGateway({ host, states, watch, pool, choice, policy: config.policy }),
    failed: (text) => observe({ type: "warning", text: `the host: ${text}` }),
  });
  signal.addEventListener("abort", () => ended.resolve(), { once: true });
  if (signal.aborted) ended.resolve();
  await ended.promise;
  hosted?.close();
  await server.close();
}

const FACES = { tools: "the tools of all servers", search: "tools that find and call the tools of servers" };

const INSTRUCTIONS = "The MCP servers that are online on an MQTT broker. Each tool names its server in " +
  "brackets. If there are tools such as find_tools and call_tool instead, find what you need by them: the names of servers " +
  "have levels, as in home/attic/thermostat, and filters of names take + for one level and # for all that follow.";

/** Which capabilities a server has. Their details are left out, since they may have any length. */
function summaryOf(capabilities: Json): Json {
  const names = ["tools", "resources", "prompts", "completions", "logging"];
  return Object.fromEntries(names.filter((name) => capabilities[name] !== undefined).map((name) => [name, true]));
}
