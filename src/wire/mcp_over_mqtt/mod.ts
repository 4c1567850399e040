/**
 * The open "MCP over MQTT" convention, by which SDKs in several languages speak.
 *
 * Source: MCP over MQTT, specification 2025-03-26.
 *
 * @module
 */
import type { WireProfile } from "../profile.ts";
import { McpOverMqttClient } from "./client.ts";
import { directory } from "./directory.ts";
import { McpOverMqttServer } from "./server.ts";
import { topicUses } from "./topic_uses.ts";

/** The profile of the open convention. */
export const mcpOverMqtt: WireProfile = {
  name: "mcp-over-mqtt",
  topicUses,
  directory,
  accept: (makeLink, options) => new McpOverMqttServer(makeLink, options),
  dialer: (makeLink, options) => new McpOverMqttClient(makeLink, options),
};
