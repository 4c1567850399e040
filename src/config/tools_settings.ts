/**
 * The settings of `tools`.
 *
 * @module
 */
import { bytes, listOf, onOff, seconds, text, topicFilter, topicName, wholeNumber } from "./kinds.ts";
import { CLIENT_PLACEHOLDER, filled } from "./placeholders.ts";
import type { SettingsOf } from "./setting.ts";

/** What an agent may do on the broker, as topic filters. An empty list of allowed topics allows all. */
export interface PermissionOptions {
  readonly allowPublish: readonly string[];
  readonly denyPublish: readonly string[];
  readonly allowSubscribe: readonly string[];
  readonly denySubscribe: readonly string[];
  /** The user has to confirm each message to a topic that matches one of these. */
  readonly confirm: readonly string[];
  /** Whether publishing is refused. */
  readonly readOnly: boolean;
}

/** The settings of {@linkcode PermissionOptions}. */
export const PERMISSION_SETTINGS: SettingsOf<PermissionOptions> = {
  allowPublish: {
    flag: "--allow-publish <filter...>",
    environment: "MCP_MQTT_ALLOW_PUBLISH",
    description: "publish to topics that match one of these filters only",
    kind: listOf(filled(topicFilter)),
    repeatable: true,
  },
  denyPublish: {
    flag: "--deny-publish <filter...>",
    environment: "MCP_MQTT_DENY_PUBLISH",
    description: "never publish to topics that match one of these filters",
    kind: listOf(filled(topicFilter)),
    repeatable: true,
  },
  allowSubscribe: {
    flag: "--allow-subscribe <filter...>",
    environment: "MCP_MQTT_ALLOW_SUBSCRIBE",
    description: "read topics that match one of these filters only",
    kind: listOf(filled(topicFilter)),
    repeatable: true,
  },
  denySubscribe: {
    flag: "--deny-subscribe <filter...>",
    environment: "MCP_MQTT_DENY_SUBSCRIBE",
    description: "never show a message of a topic that matches one of these filters",
    kind: listOf(filled(topicFilter)),
    repeatable: true,
  },
  confirm: {
    flag: "--confirm <filter...>",
    environment: "MCP_MQTT_CONFIRM",
    description: "ask the user before publishing to topics that match one of these filters",
    kind: listOf(filled(topicFilter)),
    repeatable: true,
  },
  readOnly: {
    flag: "--read-only",
    environment: "MCP_MQTT_READ_ONLY",
    description: "no tool that publishes",
    kind: onOff,
  },
};

/** Options of the tools. */
export interface ToolOptions {
  /** How long a call waits for the broker, in ms. */
  readonly connectTimeout: number;
  /** The beginning of the response topics; `{client}` stands for the client id. */
  readonly replyTopic: string;
  /** A file that describes topics. */
  readonly topics: string | undefined;
  /** Maximum length of an answer's text, in bytes, unless a call sets another one. */
  readonly maxBytes: number;
  /** Maximum number of messages that are buffered for one call, or for one filter between two calls. */
  readonly bufferMessages: number;
  /** Maximum size of the messages that are buffered for one call, or for one filter between two calls, in bytes. */
  readonly bufferBytes: number;
}

/** The settings of {@linkcode ToolOptions}. */
export const TOOL_SETTINGS: SettingsOf<ToolOptions> = {
  connectTimeout: {
    flag: "--connect-timeout <seconds>",
    environment: "MCP_MQTT_CONNECT_TIMEOUT",
    description: "how long a tool call waits for the broker before it fails",
    kind: seconds,
    fallback: "10",
  },
  replyTopic: {
    flag: "--reply-topic <topic>",
    environment: "MCP_MQTT_REPLY_TOPIC",
    description:
      `base of the topics on which answers to the request tool come; ${CLIENT_PLACEHOLDER} stands for the client id`,
    kind: filled(topicName, "later"),
    fallback: `mcp/tools/${CLIENT_PLACEHOLDER}`,
  },
  topics: {
    flag: "--topics <file>",
    environment: "MCP_MQTT_TOPICS",
    description: "JSON file that describes topics: what they mean, their unit, an example, what may be published",
    kind: text,
  },
  maxBytes: {
    flag: "--max-bytes <bytes>",
    environment: "MCP_MQTT_MAX_BYTES",
    description: "most bytes in the text of an answer, unless the call has max_bytes",
    kind: bytes("1000", "64M"), // as max_bytes of a call
    fallback: "48000",
  },
  bufferMessages: {
    flag: "--buffer-messages <count>",
    environment: "MCP_MQTT_BUFFER_MESSAGES",
    description: "most messages kept for one call or one filter; the oldest make room for the newest",
    kind: wholeNumber(1, 1_000_000),
    fallback: "10000",
  },
  bufferBytes: {
    flag: "--buffer-bytes <bytes>",
    environment: "MCP_MQTT_BUFFER_BYTES",
    description: "most bytes of messages kept for one call or one filter, and four times that for all filters",
    kind: bytes("1K", "4G"),
    fallback: "16M",
  },
};
