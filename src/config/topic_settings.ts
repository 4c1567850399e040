/**
 * The settings that say where on the broker a server is.
 *
 * @module
 */
import { UsageError } from "../core/usage_error.ts";
import { topicNameProblem, topicPortabilityProblem } from "../mqtt/mod.ts";
import { topicLevel, topicName } from "./schemas.ts";
import { setting, type Values } from "./setting.ts";

/** Where a server is. */
export const TOPIC_SETTINGS = {
  name: setting({
    flag: "--name <name>",
    environment: "MCP_MQTT_NAME",
    description: "the server's name; its topics begin with mcp/NAME",
    schema: topicLevel,
  }),
  topic: setting({
    flag: "--topic <topic>",
    environment: "MCP_MQTT_TOPIC",
    description: "base topic, instead of mcp/NAME",
    schema: topicName,
  }),
  requestTopic: setting({
    flag: "--request-topic <topic>",
    environment: "MCP_MQTT_REQUEST_TOPIC",
    description: "topic of requests, instead of BASE/request/{client}; {client} stands for the client id",
    schema: topicName,
  }),
  responseTopic: setting({
    flag: "--response-topic <topic>",
    environment: "MCP_MQTT_RESPONSE_TOPIC",
    description: "topic of responses, instead of BASE/response/{client}",
    schema: topicName,
  }),
};

/** Where a server is, validated. */
export interface TopicConfig {
  readonly serverName: string;
  readonly topic?: string;
  readonly requestTopic?: string;
  readonly responseTopic?: string;
  readonly warnings: readonly string[];
}

/** A topic below the base is at most this much longer: `/instance/`, an instance's id, a client's id. */
const LONGEST_SUFFIX = `/instance/${"i".repeat(32)}/${"c".repeat(32)}`;

/**
 * Puts the settings together.
 *
 * @param fallbackName the server's name, when neither it nor a topic is given
 * @throws {UsageError} when it is not clear where the server is, or its topics would be none
 */
export function topicConfig(values: Values<typeof TOPIC_SETTINGS>, fallbackName?: string): TopicConfig {
  const { name, topic, requestTopic, responseTopic } = values;
  const serverName = name ?? topic?.split("/").at(-1) ?? fallbackName;
  if (serverName === undefined || serverName === "") {
    throw new UsageError(["say which server is meant: add --name NAME (or --topic TOPIC)"]);
  }
  const base = topic ?? `mcp/${serverName}`;
  const longest = base + LONGEST_SUFFIX;
  const problem = topicNameProblem(longest);
  if (problem !== undefined) {
    throw new UsageError([`the topics below "${base}" cannot be used: the longest one ${problem}`]);
  }
  const warnings: string[] = [];
  for (const candidate of [longest, requestTopic, responseTopic]) {
    if (candidate === undefined) continue;
    const portability = topicPortabilityProblem(candidate);
    if (portability !== undefined) {
      warnings.push(`a topic like "${candidate.replace(/i{32}\/c{32}/, "…/…")}" ${portability}`);
    }
  }
  return {
    serverName,
    ...(topic === undefined ? {} : { topic }),
    ...(requestTopic === undefined ? {} : { requestTopic }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    warnings,
  };
}
