/**
 * MCP over MQTT for programs that use the MCP SDK, without a child process on either side.
 *
 * @module
 */
// Without .js: the package declares no types for the names that it exports with .js.
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport";
import {
  BROKER_SETTINGS,
  type BrokerConfig,
  brokerConfig,
  resolve,
  TOPIC_SETTINGS,
  topicConfig,
} from "../config/mod.ts";
import type { ProxyEvent } from "../core/events.ts";
import type { IncomingSession } from "../wire/mod.ts";
import { clientIdFor } from "./client_identity.ts";
import { ServerEndpoint, serverOptions } from "./serve/server_endpoint.ts";
import { Links } from "./links.ts";
import { profilesFor } from "./profiles.ts";
import { remoteServer } from "./connect/remote_server.ts";
import { ChannelTransport } from "./transport.ts";

const MAXIMUM_MESSAGE = 64 * 1024 * 1024;

/** How to reach the broker. */
export interface BrokerOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`, possibly with username and password. */
  readonly broker: string;
  /** User to log in as. */
  readonly username?: string;
  /** Password of the user. */
  readonly password?: string;
  /** MQTT client id; a random one by default. */
  readonly clientId?: string;
  /** QoS of MCP messages. @default {"auto"} */
  readonly qos?: "auto" | 0 | 1 | 2;
  /** Longest silence on the connection, in seconds. @default {60} */
  readonly keepAlive?: number;
  /** Certificates to trust instead of the system's, as PEM text. */
  readonly ca?: string;
  /** Client certificate, as PEM text. */
  readonly cert?: string;
  /** Private key of the client certificate, as PEM text. */
  readonly key?: string;
  /** What is known of the kind of broker, as `--broker-preset` takes it. @default {"standard"} */
  readonly brokerPreset?: string;
  /** Largest message, in bytes. @default {67108864} */
  readonly maxMessage?: number;
  /** Told of everything that happens. */
  readonly observe?: (event: ProxyEvent) => void;
}

/** Where on the broker a server is. */
export interface ServerAddress {
  /** The server's name; its topics begin with `mcp/NAME`. */
  readonly name?: string;
  /**
   * How MCP lies on the topics: `request-response`, `mcp-over-mqtt` for the open convention, or `auto`: both when
   * serving, and whichever a server is found in when reaching one.
   *
   * @default {"auto"}
   */
  readonly profile?: "auto" | "request-response" | "mcp-over-mqtt";
  /** The server's name in the open convention, when it is not `name`. */
  readonly serverName?: string;
  /** What the topics of the open convention begin with, instead of `$`. */
  readonly topicPrefix?: string;
  /** Base topic, instead of `mcp/NAME`. */
  readonly topic?: string;
  /** Topic of requests, instead of `BASE/request/{client}`. */
  readonly requestTopic?: string;
  /** Topic of responses, instead of `BASE/response/{client}`. */
  readonly responseTopic?: string;
}

/** What {@linkcode mqttClientTransport} needs to know. */
export interface MqttClientOptions extends BrokerOptions, ServerAddress {
  /** How long a request waits for broker and server, in ms. @default {10000} */
  readonly connectTimeout?: number;
  /** How long the server may take to answer a request, in ms; by default 10 to 60 seconds, by its method. */
  readonly timeout?: number;
  /** How long a server that has lost its connection is waited for, in ms. @default {5000} */
  readonly sessionExpiry?: number;
  /** Which of several instances to speak to, where the broker does not decide. @default {"random"} */
  readonly pick?: "random" | "first";
  /** The one instance to speak to in the open convention, by its MQTT client id. */
  readonly serverId?: string;
  /** Whether to look for servers before speaking to one. @default {true} */
  readonly discovery?: boolean;
}

/** What {@linkcode serveMqtt} needs to know. */
export interface MqttServerOptions extends BrokerOptions, ServerAddress {
  /** What the server is good for, in a sentence. */
  readonly description?: string;
  /** What else is to be known of it, for those who look for servers. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** Group of the shared subscription; several servers of one group share the clients. @default {"mcp"} */
  readonly share?: string | false;
  /** How long a session waits for a client that has lost its connection, in ms. @default {15000} */
  readonly sessionExpiry?: number;
}

/** A server on a broker. Disposing of it ends its sessions and takes its presence back. */
export interface MqttServer extends AsyncDisposable {
  /** The topic that clients have to know, in the first profile. */
  readonly topic: string;
  /** The topics that clients have to know, one for each profile. */
  readonly topics: readonly string[];
  /** Ends all sessions, takes the presence back and closes the connection. */
  close(): Promise<void>;
}

/**
 * A transport for the MCP SDK's `Client`, to a server on a broker.
 *
 * It is there at once; broker and server may come later. While they are away, requests are answered with a JSON-RPC
 * error after `connectTimeout`.
 *
 * @throws {UsageError} when the options cannot work
 *
 * @example Usage
 * ```ts ignore
 * import { Client } from "@modelcontextprotocol/sdk/client/index.js";
 * import { mqttClientTransport } from "jsr:@x/mcp-mqtt-proxy";
 *
 * const client = new Client({ name: "example", version: "1.0.0" });
 * await client.connect(mqttClientTransport({ broker: "mqtt://127.0.0.1:1883", name: "everything" }));
 * console.log(await client.listTools());
 * await client.close();
 * ```
 */
export function mqttClientTransport(options: MqttClientOptions): Transport {
  const { connectTimeout = 10_000, sessionExpiry = 5_000, discovery = true, pick = "random" } = options;
  const { timeout, observe = () => {} } = options;
  const { channel, close } = remoteServer(
    {
      broker: brokerConfigOf(options),
      topics: topicConfig(resolve(TOPIC_SETTINGS, { flags: { ...options }, environment: () => undefined })),
      discovery,
      serverId: options.serverId,
      pick,
      connectTimeout,
      timeout,
      sessionExpiry,
      maxMessage: options.maxMessage ?? MAXIMUM_MESSAGE,
    },
    observe,
  );
  return new ChannelTransport(channel, close);
}

/**
 * Puts an MCP SDK server on a broker: `opened` gets a transport for every session that a client opens, to connect a
 * server of its own to.
 *
 * Resolves when the server can be reached.
 *
 * @throws {UsageError} when the options cannot work
 * @throws {Failure} when the broker refuses the login or a subscription
 *
 * @example Usage
 * ```ts ignore
 * import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
 * import { serveMqtt } from "jsr:@x/mcp-mqtt-proxy";
 *
 * await using server = await serveMqtt({ broker: "mqtt://127.0.0.1:1883", name: "clock" }, async (transport) => {
 *   const clock = new McpServer({ name: "clock", version: "1.0.0" });
 *   clock.registerTool("now", {}, () => ({ content: [{ type: "text", text: new Date().toISOString() }] }));
 *   await clock.connect(transport);
 * });
 * ```
 */
export async function serveMqtt(
  options: MqttServerOptions,
  opened: (transport: Transport) => Promise<void> | void,
): Promise<MqttServer> {
  const { observe = () => {}, share = "mcp", sessionExpiry = 15_000, description, meta } = options;
  const broker = brokerConfigOf(options);
  const topics = topicConfig(resolve(TOPIC_SETTINGS, { flags: { ...options }, environment: () => undefined }));
  const profiles = profilesFor({ broker, topics });
  const links = new Links(broker, observe);
  const server = new ServerEndpoint({
    profiles,
    links,
    observe,
    options: serverOptions(profiles, {
      broker,
      topics,
      ...(description === undefined ? {} : { description }),
      ...(meta === undefined ? {} : { meta }),
      clientId: clientIdFor("serve", broker.clientId),
      share: share === false ? undefined : share,
      sessionExpiry,
      maxMessage: options.maxMessage ?? MAXIMUM_MESSAGE,
      observe,
      opened: (session) => void open(session, opened),
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

async function open(session: IncomingSession, opened: (transport: Transport) => Promise<void> | void): Promise<void> {
  try {
    await opened(new ChannelTransport(session));
  } catch {
    await session.close();
  }
}

function brokerConfigOf(options: BrokerOptions): BrokerConfig {
  const { qos, keepAlive, password, observe: _observe, maxMessage: _maximumMessage, ...rest } = options;
  const flags = {
    ...rest,
    ...(qos === undefined ? {} : { qos: String(qos) }),
    ...(keepAlive === undefined ? {} : { keepalive: String(keepAlive) }),
    ...(password === undefined ? {} : { password }),
  };
  return brokerConfig(resolve(BROKER_SETTINGS, { flags, environment: () => undefined }));
}
