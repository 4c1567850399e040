/**
 * MCP over MQTT for programs that use the MCP SDK, without a child process on either side.
 *
 * @module
 */
// Without .js: the package declares no types for the names that it exports with .js.
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport";
import {
  AUTHORIZED_KEY_SETTINGS,
  type AuthorizedKeyOptions,
  BROKER_SETTINGS,
  type BrokerConfig,
  brokerConfig,
  type BrokerOptions,
  clientSealingOf,
  CONNECT_SETTINGS,
  type ConnectOptions,
  END_SETTINGS,
  fromOptions,
  KNOWN_SERVER_SETTINGS,
  type KnownServerOptions,
  MESSAGE_SETTINGS,
  type MessageOptions,
  SERVE_SETTINGS,
  type ServeOptions,
  serverSealingOf,
  TRACE_CONTEXT_SETTINGS,
} from "../config/mod.ts";
import type { Observer } from "../core/events.ts";
import { Failure } from "../core/failure.ts";
import { errorText } from "../core/text.ts";
import {
  ADDRESS_SETTINGS,
  type AddressOptions,
  type IncomingSession,
  profilesFor,
  resolveAddress,
  type ResolvedAddress,
} from "../wire/mod.ts";
import { clientIdFor } from "./client_identity.ts";
import { remoteServer } from "./connect/remote_server.ts";
import { loadGateway, ownGateway } from "./gateway/own_gateway.ts";
import {
  FACE_SETTINGS,
  type FaceOptions,
  FLEET_SETTINGS,
  type FleetOptions,
  POOL_SETTINGS,
  type PoolOptions,
  TOOL_POLICY_SETTINGS,
} from "./gateway/settings.ts";
import type { ToolPolicyOptions } from "./gateway/host/tool_policy.ts";
import { Links } from "./links.ts";
import { ServerEndpoint, serverOptions } from "./serve/server_endpoint.ts";
import { ChannelTransport } from "./transport.ts";

/** Options for both ends: the broker, and the address of the server. */
export interface MqttOptions
  extends
    Partial<Omit<BrokerOptions, "passwordFile" | "keyCommand">>,
    Partial<AddressOptions>,
    Partial<MessageOptions> {
  /**
   * Whether `traceparent` and `tracestate` of a message's `_meta` are also sent as user properties. @default {false}
   */
  readonly traceContext?: boolean;
  /** URL of the broker: `mqtt://`, `mqtts://`, `ws://` or `wss://`, optionally with user name and password. */
  readonly broker: string;
  /** Told all events. */
  readonly observe?: Observer;
}

/** Options of {@linkcode mqttClientTransport}. The broker and the server are required; the rest has defaults. */
export interface MqttClientOptions
  extends MqttOptions, Partial<ConnectOptions>, Partial<Pick<KnownServerOptions, "serverKey">> {}

/** Options of {@linkcode serveMqtt}. The broker and the server's address are required; the rest has defaults. */
export interface MqttServerOptions
  extends
    MqttOptions,
    Partial<Pick<ServeOptions, "description" | "meta" | "share" | "noShare" | "closedTopic" | "sessionExpiry">>,
    Partial<AuthorizedKeyOptions> {}

/** Options of {@linkcode mqttGatewayTransport}. The broker is required; the rest has defaults. */
export interface MqttGatewayOptions
  extends
    Omit<MqttOptions, keyof AddressOptions>,
    Partial<Pick<AddressOptions, "profile" | "topicPrefix">>,
    Partial<Omit<ConnectOptions, "serverId" | "noDiscovery">>,
    Partial<FleetOptions>,
    Partial<FaceOptions>,
    Partial<PoolOptions>,
    Partial<ToolPolicyOptions> {
  /** The public keys of servers, by their names. Sessions with these servers are sealed, with the `key` of this end. */
  readonly knownServers?: Readonly<Record<string, string>>;
}

/** A server on a broker. Disposing of it ends its sessions and removes its presence. */
export interface MqttServer extends AsyncDisposable {
  /** The topic that clients have to know, in the first profile. */
  readonly topic: string;
  /** The topics that clients have to know, one for each profile. */
  readonly topics: readonly string[];
  /** Ends all sessions, removes the presence and closes the connection. */
  close(): Promise<void>;
}

/**
 * A transport for the MCP SDK's `Client`, to a server on a broker.
 *
 * The transport can be used at once; broker and server may come later. While they are away, requests are answered with
 * a JSON-RPC error after `connectTimeout`.
 *
 * @throws {UsageError} when the options cannot work
 *
 * @example Usage
 * ```ts ignore
 * import { Client } from "@modelcontextprotocol/sdk/client";
 * import { mqttClientTransport } from "jsr:@x/mcp-mqtt-proxy";
 *
 * const broker = Deno.args[0] ?? "mqtt://127.0.0.1:1883";
 *
 * // The transport outlives broker and server: while they are away, a request waits for `connectTimeout` and is then
 * // rejected with a JSON-RPC error. Its `data.reason` is a word for programs, such as "no-server-online".
 * const client = new Client({ name: "example", version: "1.0.0" });
 * await client.connect(mqttClientTransport({ broker, name: "calculator", connectTimeout: 5_000 }));
 *
 * try {
 *   const { tools } = await client.listTools();
 *   for (const { name, description } of tools) console.log(`tool ${name}: ${description}`);
 *
 *   const { content } = await client.callTool({ name: "add", arguments: { a: 1, b: 2 } });
 *   console.log("1 + 2 is", content);
 * } finally {
 *   // Tells the server that the session is over, and closes the connection.
 *   await client.close();
 * }
 * ```
 */
export function mqttClientTransport(options: MqttClientOptions): Transport {
  const broker = brokerOf(options);
  const address = addressOf(options);
  const settings = fromOptions({ ...CONNECT_SETTINGS, ...MESSAGE_SETTINGS, ...TRACE_CONTEXT_SETTINGS }, options);
  const { serverKey } = fromOptions(KNOWN_SERVER_SETTINGS, options);
  const isSealed = broker.sealKey !== undefined || serverKey !== undefined;
  const { channel, close } = remoteServer(
    {
      broker,
      address,
      // The SDK has its own time limits, which each request can set.
      options: { ...settings, timeout: settings.timeout ?? Infinity },
      sealing: isSealed ? clientSealingOf(serverKey, broker, address.label) : undefined,
    },
    options.observe ?? observeNothing,
  );
  return new ChannelTransport(channel, close);
}

/**
 * A transport for the MCP SDK's `Client`, to all servers on a broker as one: what the command `gateway` is for a host.
 *
 * The transport can be used at once. Servers may come and go; the client is told when its lists have changed.
 *
 * @throws {UsageError} when the options cannot work
 *
 * @example Usage
 * ```ts ignore
 * import { Client } from "@modelcontextprotocol/sdk/client";
 * import { mqttGatewayTransport } from "jsr:@x/mcp-mqtt-proxy";
 *
 * const broker = Deno.args[0] ?? "mqtt://127.0.0.1:1883";
 * const client = new Client({ name: "example", version: "1.0.0" });
 * await client.connect(mqttGatewayTransport({ broker, mode: "search", readOnly: true }));
 *
 * // What does every thermostat read?
 * const { structuredContent } = await client.callTool({
 *   name: "call_many",
 *   arguments: { names: "home/+/thermostat", tool: "read" },
 * });
 * console.log(structuredContent);
 * await client.close();
 * ```
 */
export function mqttGatewayTransport(options: MqttGatewayOptions): Transport {
  const broker = brokerOf(options);
  const { observe = observeNothing, knownServers = {} } = options;
  const { serverId: _, noDiscovery: __, ...sessions } = CONNECT_SETTINGS;
  const settings = fromOptions({
    ...{ profile: ADDRESS_SETTINGS.profile, topicPrefix: ADDRESS_SETTINGS.topicPrefix },
    ...sessions,
    ...MESSAGE_SETTINGS,
    ...TRACE_CONTEXT_SETTINGS,
    ...END_SETTINGS,
    ...FLEET_SETTINGS,
    ...FACE_SETTINGS,
    ...POOL_SETTINGS,
    ...TOOL_POLICY_SETTINGS,
  }, options);
  const { profile, topicPrefix } = settings;
  profilesFor(settings, { ...(topicPrefix === undefined ? {} : { topicPrefix }), broker });
  const sealing = (names: readonly string[]) => {
    const name = names.find((name) => Object.hasOwn(knownServers, name));
    return name === undefined ? undefined : clientSealingOf(knownServers[name], broker, name);
  };
  const [fleet, face, pool, policy, end] = [settings, settings, settings, settings, settings];
  const config = { broker, options: settings, profile, topicPrefix, sealing, fleet, face, pool, policy, end };
  // The gateway is loaded only here, so that other users of the library do not fetch it.
  const { channel, close } = ownGateway(loadGateway(), {
    ...config,
    sealed: Object.keys(knownServers).length > 0,
    decided: (text) => observe({ type: "warning", text }),
  }, observe);
  return new ChannelTransport(channel, close);
}

/**
 * Puts an MCP SDK server on a broker. For every session that a client opens, `opened` gets a transport, to which it
 * connects a server object of its own.
 *
 * Resolves when the server can be reached. When `opened` throws or rejects, the requests of its session are answered
 * with `child-not-started`, and `observe` is told why.
 *
 * @throws {UsageError} when the options cannot work
 * @throws {Failure} when the broker refuses the login or a subscription
 *
 * @example Usage
 * ```ts ignore
 * // @ts-types="@modelcontextprotocol/sdk/server/mcp"
 * import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
 * import * as z from "zod";
 * import { serveMqtt } from "jsr:@x/mcp-mqtt-proxy";
 *
 * const broker = Deno.args[0] ?? "mqtt://127.0.0.1:1883";
 *
 * // Each client session gets a transport, and so a server object of its own. Sessions share only what you let them share.
 * await using server = await serveMqtt({ broker, name: "calculator", description: "adds numbers" }, async (transport) => {
 *   const calculator = new McpServer({ name: "calculator", version: "1.0.0" });
 *   calculator.registerTool(
 *     "add",
 *     { description: "Adds two numbers", inputSchema: { a: z.number(), b: z.number() } },
 *     ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }] }),
 *   );
 *   await calculator.connect(transport);
 * });
 * console.log("online on", server.topic);
 *
 * // At the end of this block the sessions are closed and the presence is removed.
 * await new Promise<void>((stop) => Deno.addSignalListener("SIGINT", stop));
 * ```
 */
export async function serveMqtt(
  options: MqttServerOptions,
  opened: (transport: Transport) => Promise<void> | void,
): Promise<MqttServer> {
  const { observe = observeNothing } = options;
  const broker = brokerOf(options);
  const clientId = clientIdFor("serve", broker.clientId);
  const address = addressOf(options, clientId);
  const served = fromOptions({ ...SERVE_SETTINGS, ...MESSAGE_SETTINGS, ...TRACE_CONTEXT_SETTINGS }, options);
  const sealing = await serverSealingOf(fromOptions(AUTHORIZED_KEY_SETTINGS, options), broker);
  const sealed = sealing?.allowUnsealed === false;
  const profiles = profilesFor(address.options, { ...address.options, broker, sealed });
  const links = new Links(broker, observe);
  const server = new ServerEndpoint({
    profiles,
    links,
    observe,
    options: serverOptions(profiles, {
      ...served,
      broker,
      address,
      serverSealing: sealing,
      clientId,
      share: served.noShare ? undefined : served.share,
      observe,
      opened: (session, profile) => {
        const place = { server: address.label, profile, session: session.name };
        void open(session, place, opened, observe);
      },
    }),
  });
  const stack = new AsyncDisposableStack();
  stack.use(links);
  stack.use(server);
  const close = () => stack.disposeAsync();
  const refused = await Promise.race([server.online, server.refused]);
  if (refused !== undefined) {
    await close();
    throw refused;
  }
  const [topic = ""] = server.topics;
  return { topic, topics: server.topics, close, [Symbol.asyncDispose]: close };
}

/**
 * Gives a session to the program. If the program fails to serve it, its requests are answered, and `observe` gets the
 * error.
 */
async function open(
  session: IncomingSession,
  place: { readonly server: string; readonly profile: string; readonly session: string },
  opened: (transport: Transport) => Promise<void> | void,
  observe: Observer,
): Promise<void> {
  observe({ type: "session.opened", ...place });
  void session.closed.then((failure) =>
    observe({ type: "session.ended", ...place, cause: failure?.message ?? "the client has left" })
  );
  try {
    await opened(new ChannelTransport(session));
  } catch (error) {
    const cause = `no server for session ${place.session}: ${errorText(error)}`;
    observe({ type: "child.failed", server: place.server, cause });
    // The text of the program's error is not sent, since it may be confidential.
    await session.close(new Failure("child-not-started", "The program has failed to create a server for this session"));
  }
}

function brokerOf(options: Omit<MqttOptions, keyof AddressOptions>): BrokerConfig {
  return brokerConfig(fromOptions(BROKER_SETTINGS, options));
}

function addressOf(options: MqttOptions, serverClient?: string): ResolvedAddress {
  return resolveAddress(fromOptions(ADDRESS_SETTINGS, options), { serverClient });
}

function observeNothing(): void {}
