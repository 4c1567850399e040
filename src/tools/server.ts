/**
 * The MCP server that gives an agent MQTT.
 *
 * @module
 */
import { type Clock, systemClock } from "../core/clock.ts";
import type { MqttLink } from "../mqtt/mod.ts";
import type { ToolContext } from "./context.ts";
import { GET_RETAINED } from "./get_retained.ts";
import { KeptSubscriptions } from "./subscriptions/kept_subscriptions.ts";
import { LastValues } from "./subscriptions/last_values.ts";
import { LIST_TOPICS } from "./list_topics.ts";
import { ByteBudget } from "./subscriptions/message_buffer.ts";
import { type PermissionRules, Permissions } from "./permissions.ts";
import { PUBLISH } from "./publish.ts";
import { Replies } from "./subscriptions/replies.ts";
import { REQUEST } from "./request.ts";
import { registerResources } from "./resources.ts";
import { McpServer } from "./sdk.ts";
import { SUBSCRIBE } from "./subscribe.ts";
import { Subscriptions } from "./subscriptions/subscriptions.ts";
import { register } from "./tool.ts";
import { UNSUBSCRIBE } from "./unsubscribe.ts";

const TOOLS = [PUBLISH, SUBSCRIBE, GET_RETAINED, UNSUBSCRIBE, REQUEST, LIST_TOPICS];

/** How many times the limit of one buffer all buffers together may hold. */
const SHARED_BUFFERS = 4;

const INSTRUCTIONS = "Tools for one MQTT broker. Topics are names like plant/line1/temperature; filters may hold " +
  "wildcards, as in plant/+/temperature or plant/#. To find your way, call list_topics or get_retained with a wide " +
  "filter first.";

/** What the server is made of. */
export interface ToolServerOptions {
  readonly link: MqttLink;
  /** The broker's host name and port, for the URIs of resources. */
  readonly authority: string;
  readonly permissions: PermissionRules;
  /** What the topics begin with on which answers to requests come; `{client}` stands for the client id. */
  readonly replyTopic: string;
  /** How much one call, or one filter between two calls, may hold. */
  readonly bufferMessages: number;
  readonly bufferBytes: number;
  /** How long a call waits for the broker, in ms. */
  readonly connectTimeout: number;
  /** Of this program. */
  readonly version: string;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/** Makes the server, which has still to be connected to a transport. */
export function createToolServer(options: ToolServerOptions): McpServer {
  const server = new McpServer(
    { name: "mcp-mqtt-proxy", title: "MQTT tools", version: options.version },
    { capabilities: { resources: { subscribe: true } }, instructions: INSTRUCTIONS },
  );
  const context = contextOf(options);
  for (const tool of TOOLS) {
    if (!tool.publishes || !context.permissions.readOnly) register(tool, context, server);
  }
  registerResources(server, options.authority, context);
  return server;
}

function contextOf(options: ToolServerOptions): ToolContext {
  const { link, connectTimeout, clock = systemClock, bufferBytes } = options;
  const limits = {
    messages: options.bufferMessages,
    bytes: bufferBytes,
    shared: new ByteBudget(bufferBytes * SHARED_BUFFERS),
  };
  const permissions = new Permissions(options.permissions);
  const lastValues = new LastValues();
  const subscriptions: Subscriptions = new Subscriptions(
    link,
    clock,
    (topic) => permissions.mayRead(topic) || replies.has(topic),
    (packet) => {
      if (!replies.has(packet.topic)) lastValues.set(packet);
    },
  );
  const replies = new Replies(link, subscriptions, options.replyTopic);
  const kept = new KeptSubscriptions(link, subscriptions, limits);
  return { link, clock, permissions, subscriptions, kept, replies, lastValues, limits, connectTimeout };
}
