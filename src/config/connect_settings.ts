/**
 * The settings of `connect`.
 *
 * @module
 */
import { oneOf, onOff, seconds, secondsOrAuto, topicLevel } from "./schemas.ts";
import { setting } from "./setting.ts";

/** How a host is served. */
export const CONNECT_SETTINGS = {
  connectTimeout: setting({
    flag: "--connect-timeout <seconds>",
    environment: "MCP_MQTT_CONNECT_TIMEOUT",
    description: "how long a request waits for broker and server before it is answered with an error",
    schema: seconds(),
    fallback: "10",
  }),
  timeout: setting({
    flag: "--timeout <seconds>",
    environment: "MCP_MQTT_TIMEOUT",
    description: "how long the server may take to answer a request; 0 for ever, auto: 10 to 60 by its method",
    schema: secondsOrAuto(),
    fallback: "auto",
  }),
  sessionExpiry: setting({
    flag: "--session-expiry <seconds>",
    environment: "MCP_MQTT_SESSION_EXPIRY",
    description: "how long to wait for a server that has lost its connection, before another is taken; 0 for ever",
    schema: seconds(),
    fallback: "5",
  }),
  pick: setting({
    flag: "--pick <how>",
    environment: "MCP_MQTT_PICK",
    description: "which of several instances of the server to speak to: random or first",
    schema: oneOf(["random", "first"]),
    fallback: "random",
  }),
  serverId: setting({
    flag: "--server-id <id>",
    environment: "MCP_MQTT_SERVER_ID",
    description: "the one instance to speak to in the open convention, by its MQTT client id",
    schema: topicLevel,
  }),
  noDiscovery: setting({
    flag: "--no-discovery",
    environment: "MCP_MQTT_NO_DISCOVERY",
    description: "do not look for servers, assume that one is there",
    schema: onOff,
  }),
};
