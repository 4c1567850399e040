/**
 * Where a server is in the request-response profile.
 *
 * @module
 */
import { filled, type SettingsOf, topicName } from "../../config/mod.ts";

/** What says where a server is. */
export interface RequestResponseAddress {
  /** Base topic, instead of `mcp/NAME`. */
  readonly topic: string | undefined;
  /** Topic of requests, instead of `BASE/request/{client}`. */
  readonly requestTopic: string | undefined;
  /** Topic of responses, instead of `BASE/response/{client}`. */
  readonly responseTopic: string | undefined;
}

/** The settings of {@linkcode RequestResponseAddress}. */
export const REQUEST_RESPONSE_ADDRESS_SETTINGS: SettingsOf<RequestResponseAddress> = {
  topic: {
    flag: "--topic <topic>",
    environment: "MCP_MQTT_TOPIC",
    description: "base topic, instead of mcp/NAME",
    kind: filled(topicName, "later"),
  },
  requestTopic: {
    flag: "--request-topic <topic>",
    environment: "MCP_MQTT_REQUEST_TOPIC",
    description: "topic of requests, instead of BASE/request/{client}; {client} stands for the client id",
    kind: filled(topicName, "later"),
  },
  responseTopic: {
    flag: "--response-topic <topic>",
    environment: "MCP_MQTT_RESPONSE_TOPIC",
    description: "topic of responses, instead of BASE/response/{client}",
    kind: filled(topicName, "later"),
  },
};

/** The address of one server. */
export interface ServerTopics {
  readonly serverName: string;
  readonly topic?: string;
  readonly requestTopic?: string;
  readonly responseTopic?: string;
  readonly closedTopic?: string | undefined;
}

/** The base topic of a server of this name. */
export function baseTopic(serverName: string): string {
  return `mcp/${serverName}`;
}

/** The address of the server that is called `serverName`. */
export function address(
  { topic, requestTopic, responseTopic }: RequestResponseAddress,
  serverName: string,
): ServerTopics {
  return {
    serverName,
    ...(topic === undefined ? {} : { topic }),
    ...(requestTopic === undefined ? {} : { requestTopic }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
  };
}

/** The longest topics of a server, with ids as long as ours. */
export function longestTopics({ serverName, topic, requestTopic, responseTopic }: ServerTopics): string[] {
  const longest = `${topic ?? baseTopic(serverName)}/instance/${"i".repeat(32)}/${"c".repeat(32)}`;
  return [longest, requestTopic, responseTopic].filter((topic) => topic !== undefined);
}
