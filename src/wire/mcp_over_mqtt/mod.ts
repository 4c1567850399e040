/**
 * The open "MCP over MQTT" convention, which has SDKs in several languages.
 *
 * Source: MCP over MQTT, specification 2025-03-26.
 *
 * @module
 */
import type { ProfileContext, WireProfile } from "../profile.ts";
import { address, longestTopics, MCP_OVER_MQTT_ADDRESS_SETTINGS } from "./address.ts";
import { McpOverMqttClient } from "./client.ts";
import { directory, NAME } from "./directory.ts";
import { McpOverMqttServer } from "./server.ts";
import { topicUses } from "./topic_uses.ts";

/** The profile of the open convention. */
export const mcpOverMqtt: WireProfile = {
  name: NAME,
  title: "the open convention",
  oldestVersion: 5,
  unavailable,
  addressSettings: MCP_OVER_MQTT_ADDRESS_SETTINGS,
  address,
  longestTopics,
  reach: {
    name: ({ topicPrefix = "$" }) => `${topicPrefix}mcp-… topics`,
    whenAll: "peers of the open convention can be reached",
    otherwise: "see below; if it is the $, try --topic-prefix",
  },
  topicUses,
  directory,
  accept: (makeLink, options) => new McpOverMqttServer(makeLink, options),
  dialer: (makeLink, options) => new McpOverMqttClient(makeLink, options),
};

/** Why the open convention cannot be used, as the end of a sentence. */
function unavailable(
  { broker, topicPrefix = "$", noDiscovery = false, serverId, sealed = false }: ProfileContext,
): string | undefined {
  if (sealed) return "cannot be sealed (--key, --server-key): the convention has no such thing";
  if (broker.protocolVersion === 4) return "needs MQTT 5, but --mqtt-version is 4";
  if (!broker.preset.dollarTopics && topicPrefix.startsWith("$")) {
    return "uses topics that begin with $, which this kind of broker keeps for itself (--broker-preset): " +
      "add --topic-prefix PREFIX, the same at every peer";
  }
  if (noDiscovery && serverId === undefined) {
    return "finds servers by their presence, which is switched off (--no-discovery, --broker-preset): add --server-id ID";
  }
}
