/**
 * The address of a server in the open convention.
 *
 * @module
 */
import { filled, serverName, type SettingsOf, topicPrefix } from "../../config/mod.ts";

/** The options for the address of a server. */
export interface McpOverMqttAddress {
  /** The server's name in the open convention, when it is not `name`. */
  readonly serverName: string | undefined;
  /** The prefix of the open convention's topics, instead of `$`. */
  readonly topicPrefix: string | undefined;
}

/** The settings of {@linkcode McpOverMqttAddress}. */
export const MCP_OVER_MQTT_ADDRESS_SETTINGS: SettingsOf<McpOverMqttAddress> = {
  serverName: {
    flag: "--server-name <name>",
    environment: "MCP_MQTT_SERVER_NAME",
    description: "the server's name in the open convention, when it is not --name",
    kind: filled(serverName, "later"),
  },
  topicPrefix: {
    flag: "--topic-prefix <prefix>",
    environment: "MCP_MQTT_TOPIC_PREFIX",
    description:
      "what the topics of the open convention begin with, where a broker keeps $ for itself; same at all peers",
    kind: filled(topicPrefix),
  },
};

/** The address of one server. */
export interface ServerTopics {
  readonly serverName: string;
  readonly topicPrefix?: string;
}

/**
 * The address of a server.
 *
 * @param options also has the address in the other profile, from which the name may be derived
 * @param label the name if no option gives one
 */
export function address(
  { serverName, topicPrefix, name, topic }: McpOverMqttAddress & {
    readonly name: string | undefined;
    readonly topic: string | undefined;
  },
  label: string,
): ServerTopics {
  return {
    serverName: serverName ?? name ?? topic ?? label,
    ...(topicPrefix === undefined ? {} : { topicPrefix }),
  };
}

/** The longest topic of a server, with client ids as long as ours. */
export function longestTopics({ serverName, topicPrefix = "$" }: ServerTopics): string[] {
  return [`${topicPrefix}mcp-rpc/${"c".repeat(32)}/${"s".repeat(32)}/${serverName}`];
}
