/**
 * The MCP server that gives an agent MQTT.
 *
 * @module
 */
import type { PermissionOptions } from "../config/mod.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { MqttLink } from "../mqtt/mod.ts";
import { BROKER_INFO } from "./broker_info.ts";
import { offer } from "./calls.ts";
import { Confirmation } from "./confirmation.ts";
import type { ToolContext } from "./context.ts";
import { GET_RETAINED } from "./get_retained.ts";
import { LIST_SUBSCRIPTIONS } from "./list_subscriptions.ts";
import { LIST_TOPICS } from "./list_topics.ts";
import { Permissions } from "./permissions.ts";
import { registerPrompts } from "./prompts.ts";
import { PUBLISH } from "./publish.ts";
import { REQUEST } from "./request.ts";
import { registerResources } from "./resources.ts";
import { McpServer } from "./sdk.ts";
import { SUBSCRIBE } from "./subscribe.ts";
import { Arrivals } from "./subscriptions/arrivals.ts";
import { CutAnswers } from "./subscriptions/cut_answers.ts";
import { History } from "./subscriptions/history.ts";
import { KeptSubscriptions } from "./subscriptions/kept_subscriptions.ts";
import { LastValues } from "./subscriptions/last_values.ts";
import { ByteBudget } from "./subscriptions/message_buffer.ts";
import { Replies } from "./subscriptions/replies.ts";
import { RetainedReader } from "./subscriptions/retained.ts";
import { Subscriptions } from "./subscriptions/subscriptions.ts";
import { Surveys } from "./subscriptions/survey.ts";
import { TopicCatalog } from "./topic_catalog.ts";
import { TopicUris } from "./topic_uris.ts";
import { UNSUBSCRIBE } from "./unsubscribe.ts";

const TOOLS = [
  PUBLISH,
  SUBSCRIBE,
  GET_RETAINED,
  UNSUBSCRIBE,
  REQUEST,
  LIST_TOPICS,
  LIST_SUBSCRIPTIONS,
  BROKER_INFO,
];

/** The limit of all buffers together, as a multiple of the limit of one buffer. */
const SHARED_BUFFERS = 4;

/** How many messages that were read are remembered, as a share of how many may wait. */
const SHARE_OF_HISTORY = 0.25;

/** How many characters of the operator's topic descriptions are repeated in the instructions. */
const MOST_INSTRUCTIONS = 2_000;

const INSTRUCTIONS = "Tools for one MQTT broker. Topics are names like plant/line1/temperature; filters may hold " +
  "wildcards, as in plant/+/temperature or plant/#. To find your way, call list_topics or get_retained with a wide " +
  "filter first. An answer that has no room for everything says so in hint, with the call that goes on; max_bytes is the " +
  "room for its text.";

/** The options of {@linkcode createToolServer}. */
export interface ToolServerOptions {
  readonly link: MqttLink;
  /** The broker's host name and port, for the URIs of resources. */
  readonly authority: string;
  readonly permissions: PermissionOptions;
  /** The operator's descriptions of topics. @default {none} */
  readonly catalog?: TopicCatalog;
  /** The beginning of the topics for answers to requests; `{client}` stands for the client id. */
  readonly replyTopic: string;
  /** The size limit of an answer's text, in bytes; a call may set another. */
  readonly maxBytes: number;
  /** How many messages one call, or one filter between two calls, may hold. */
  readonly bufferMessages: number;
  /** How many bytes of messages one call, or one filter between two calls, may hold. */
  readonly bufferBytes: number;
  /** How long a call waits for the broker, in ms. */
  readonly connectTimeout: number;
  /** The version of this program. */
  readonly version: string;
  /** @default {systemClock} */
  readonly clock?: Clock;
  /** The time of day, in ms since 1970. @default {Date.now} */
  readonly time?: () => number;
}

/** Creates the server. The caller connects it to a transport. */
export function createToolServer(options: ToolServerOptions): McpServer {
  const permissions = new Permissions(options.permissions);
  const catalog = options.catalog ?? new TopicCatalog([]);
  const server = new McpServer(
    { name: "mcp-mqtt-proxy", title: "MQTT tools", version: options.version },
    {
      capabilities: { resources: { subscribe: true } },
      instructions: [INSTRUCTIONS, permissions.summary, topicsText(catalog, permissions)].filter((text) => text !== "")
        .join(" "),
    },
  );
  const context = contextOf(options, permissions, catalog, new Confirmation(permissions, server));
  offer(TOOLS.filter((tool) => !tool.publishes || !permissions.readOnly), context, server);
  registerResources(server, context);
  registerPrompts(server, context);
  return server;
}

/** The operator's topic descriptions for the instructions, up to a limit. */
function topicsText({ descriptions }: TopicCatalog, permissions: Permissions): string {
  const lines = descriptions
    .filter(({ topic }) => permissions.mayRead(topic))
    .map(({ topic, title, description }) =>
      [topic, title ?? description].filter((part) => part !== undefined).join(": ")
    );
  if (lines.length === 0) return "";
  const text = `The operator describes these topics: ${lines.join("; ")}.`;
  return text.length <= MOST_INSTRUCTIONS
    ? text
    : "The operator describes topics: list_topics shows what is said of them.";
}

function contextOf(
  options: ToolServerOptions,
  permissions: Permissions,
  catalog: TopicCatalog,
  confirmation: Confirmation,
): ToolContext {
  const { link, connectTimeout, clock = systemClock, time = Date.now, bufferMessages, bufferBytes } = options;
  const limits = {
    messages: bufferMessages,
    bytes: bufferBytes,
    shared: new ByteBudget(bufferBytes * SHARED_BUFFERS),
  };
  const lastValues = new LastValues();
  const arrivals = new Arrivals(time, (packet) => lastValues.publishedAt(packet));
  const subscriptions: Subscriptions = new Subscriptions({
    link,
    clock,
    time,
    mayRead: (topic) => permissions.mayRead(topic) || replies.has(topic),
    arrived: (packet) => {
      const message = arrivals.note(packet);
      if (!replies.has(message.topic)) lastValues.set(message);
      return message;
    },
  });
  const replies = new Replies(link, subscriptions, options.replyTopic);
  const history = new History({ messages: Math.ceil(bufferMessages * SHARE_OF_HISTORY), bytes: bufferBytes });
  return {
    link,
    clock,
    time,
    version: options.version,
    permissions,
    confirmation,
    catalog,
    uris: new TopicUris(options.authority),
    subscriptions,
    kept: new KeptSubscriptions({ link, subscriptions, history, limits, time }),
    retained: new RetainedReader({ link, clock, subscriptions, limits }),
    replies,
    surveys: new Surveys(),
    cutAnswers: new CutAnswers(bufferBytes),
    lastValues,
    maxBytes: options.maxBytes,
    connectTimeout,
  };
}
