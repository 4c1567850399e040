/**
 * The settings that say where on the broker a server is.
 *
 * @module
 */
import { UsageError } from "../core/usage_error.ts";
import { topicNameProblem, topicPortabilityProblem } from "../mqtt/mod.ts";
import { oneOf, serverName, topicName, topicPrefix } from "./schemas.ts";
import { setting, type Values } from "./setting.ts";

/** What `--profile` takes. */
const PROFILE_CHOICES = ["auto", "request-response", "mcp-over-mqtt"] as const;

/** A choice among the wire profiles. */
export type ProfileChoice = (typeof PROFILE_CHOICES)[number];

/** Where a server is. */
export const TOPIC_SETTINGS = {
  name: setting({
    flag: "--name <name>",
    environment: "MCP_MQTT_NAME",
    description: "the server's name, such as files or home/files; its topics begin with mcp/NAME",
    schema: serverName,
  }),
  profile: setting({
    flag: "--profile <name>",
    environment: "MCP_MQTT_PROFILE",
    description:
      "request-response, mcp-over-mqtt (the open convention), or auto: both when serving, else what is found",
    schema: oneOf(PROFILE_CHOICES),
    fallback: "auto",
  }),
  serverName: setting({
    flag: "--server-name <name>",
    environment: "MCP_MQTT_SERVER_NAME",
    description: "the server's name in the open convention, when it is not --name",
    schema: serverName,
  }),
  topicPrefix: setting({
    flag: "--topic-prefix <prefix>",
    environment: "MCP_MQTT_TOPIC_PREFIX",
    description:
      "what the topics of the open convention begin with, where a broker keeps $ for itself; same at all peers",
    schema: topicPrefix,
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
  readonly profile: ProfileChoice;
  readonly serverName: string;
  /** The name in the open convention. */
  readonly conventionName: string;
  readonly topicPrefix?: string;
  readonly topic?: string;
  readonly requestTopic?: string;
  readonly responseTopic?: string;
  readonly warnings: readonly string[];
}

/** A topic below the base is at most this much longer: `/instance/`, an instance's id, a client's id. */
const LONGEST_SUFFIX = `/instance/${"i".repeat(32)}/${"c".repeat(32)}`;

/** The longest topic of the open convention, in front of the server's name. */
const LONGEST_PREFIX = `mcp-rpc/${"c".repeat(32)}/${"s".repeat(32)}/`;

/**
 * Puts the settings together.
 *
 * @param fallbackName the server's name, when neither it nor a topic is given
 * @throws {UsageError} when it is not clear where the server is, or its topics would be none
 */
export function topicConfig(values: Values<typeof TOPIC_SETTINGS>, fallbackName?: string): TopicConfig {
  const { profile, name, topicPrefix, topic, requestTopic, responseTopic } = values;
  const serverName = name ?? topic?.split("/").at(-1) ?? values.serverName ?? fallbackName;
  if (serverName === undefined || serverName === "") {
    throw new UsageError(["say which server is meant: add --name NAME (or --server-name NAME, or --topic TOPIC)"]);
  }
  const conventionName = values.serverName ?? name ?? topic ?? serverName;
  const base = topic ?? `mcp/${serverName}`;
  const longest = base + LONGEST_SUFFIX;
  const longestOfConvention = `${topicPrefix ?? "$"}${LONGEST_PREFIX}${conventionName}`;
  const problems: string[] = [];
  const problem = topicNameProblem(longest);
  if (problem !== undefined) problems.push(`the topics below "${base}" cannot be used: the longest one ${problem}`);
  const conventionProblem = topicNameProblem(longestOfConvention);
  if (conventionProblem !== undefined) {
    problems.push(`a topic of the open convention cannot be used: "${longestOfConvention}" ${conventionProblem}`);
  }
  if (problems.length > 0) throw new UsageError(problems);
  const warnings: string[] = [];
  const used = [
    ...(profile === "mcp-over-mqtt" ? [] : [longest, requestTopic, responseTopic]),
    ...(profile === "request-response" ? [] : [longestOfConvention]),
  ];
  for (const candidate of used) {
    if (candidate === undefined) continue;
    const portability = topicPortabilityProblem(candidate);
    if (portability !== undefined) {
      warnings.push(`a topic like "${candidate.replace(/([ics])\1{31}\/([ics])\2{31}/, "…/…")}" ${portability}`);
    }
  }
  return {
    profile,
    serverName,
    conventionName,
    ...(topicPrefix === undefined ? {} : { topicPrefix }),
    ...(topic === undefined ? {} : { topic }),
    ...(requestTopic === undefined ? {} : { requestTopic }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    warnings,
  };
}
