/**
 * The settings of `tools`.
 *
 * @module
 */
import { bytes, onOff, seconds, someTopicName, topicFilters, wholeNumber } from "./schemas.ts";
import { setting } from "./setting.ts";

/** What an agent may do on the broker. */
export const PERMISSION_SETTINGS = {
  allowPublish: setting({
    flag: "--allow-publish <filter...>",
    environment: "MCP_MQTT_ALLOW_PUBLISH",
    description: "publish to topics that match one of these filters only",
    schema: topicFilters,
    repeatable: true,
  }),
  denyPublish: setting({
    flag: "--deny-publish <filter...>",
    environment: "MCP_MQTT_DENY_PUBLISH",
    description: "never publish to topics that match one of these filters",
    schema: topicFilters,
    repeatable: true,
  }),
  allowSubscribe: setting({
    flag: "--allow-subscribe <filter...>",
    environment: "MCP_MQTT_ALLOW_SUBSCRIBE",
    description: "read topics that match one of these filters only",
    schema: topicFilters,
    repeatable: true,
  }),
  denySubscribe: setting({
    flag: "--deny-subscribe <filter...>",
    environment: "MCP_MQTT_DENY_SUBSCRIBE",
    description: "never show a message of a topic that matches one of these filters",
    schema: topicFilters,
    repeatable: true,
  }),
  readOnly: setting({
    flag: "--read-only",
    environment: "MCP_MQTT_READ_ONLY",
    description: "no tool that publishes",
    schema: onOff,
  }),
};

/** How the tools behave. */
export const TOOL_SETTINGS = {
  connectTimeout: setting({
    flag: "--connect-timeout <seconds>",
    environment: "MCP_MQTT_CONNECT_TIMEOUT",
    description: "how long a tool call waits for the broker before it fails",
    schema: seconds(),
    fallback: "10",
  }),
  replyTopic: setting({
    flag: "--reply-topic <topic>",
    environment: "MCP_MQTT_REPLY_TOPIC",
    description: "base of the topics on which answers to the request tool come; {client} stands for the client id",
    schema: someTopicName,
    fallback: "mcp/tools/{client}",
  }),
  bufferMessages: setting({
    flag: "--buffer-messages <count>",
    environment: "MCP_MQTT_BUFFER_MESSAGES",
    description: "most messages kept for one call or one filter; the oldest make room for the newest",
    schema: wholeNumber(1, 1_000_000),
    fallback: "10000",
  }),
  bufferBytes: setting({
    flag: "--buffer-bytes <bytes>",
    environment: "MCP_MQTT_BUFFER_BYTES",
    description: "most bytes of messages kept for one call or one filter, and four times that for all filters",
    schema: bytes(),
    fallback: "16M",
  }),
};
