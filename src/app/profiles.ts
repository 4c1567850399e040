/**
 * Which wire profiles are used, and what a server is called in each.
 *
 * @module
 */
import type { BrokerConfig, TopicConfig } from "../config/mod.ts";
import { UsageError } from "../core/usage_error.ts";
import { type ProfileAddress, type ProfileName, PROFILES, type WireProfile } from "../wire/mod.ts";

/** What {@linkcode profilesFor} goes by. */
export interface ProfileNeeds {
  readonly broker: BrokerConfig;
  readonly topics: Omit<TopicConfig, "warnings">;
  /** Whether servers have to be found, and can be. */
  readonly discovery?: boolean;
  /** The one instance that is meant. */
  readonly serverId?: string | undefined;
}

/**
 * The profiles to use: the one that was asked for, or all that can work.
 *
 * @throws {UsageError} when the one that was asked for cannot work
 */
export function profilesFor(needs: ProfileNeeds): WireProfile[] {
  const { profile } = needs.topics;
  const problem = conventionProblem(needs);
  if (profile === "request-response") return [PROFILES["request-response"]];
  if (profile === "mcp-over-mqtt") {
    if (problem !== undefined) throw new UsageError([`--profile mcp-over-mqtt ${problem}`]);
    return [PROFILES["mcp-over-mqtt"]];
  }
  return problem === undefined ? Object.values(PROFILES) : [PROFILES["request-response"]];
}

/** Where a server is in a profile. */
export function addressIn(profile: ProfileName, topics: Omit<TopicConfig, "warnings">): ProfileAddress {
  const { serverName, conventionName, topicPrefix, topic, requestTopic, responseTopic } = topics;
  if (profile === "mcp-over-mqtt") {
    return { serverName: conventionName, ...(topicPrefix === undefined ? {} : { topicPrefix }) };
  }
  return {
    serverName,
    ...(topic === undefined ? {} : { topic }),
    ...(requestTopic === undefined ? {} : { requestTopic }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
  };
}

/** Why the open convention cannot be used, as the end of a sentence. */
function conventionProblem({ broker, topics, discovery = true, serverId }: ProfileNeeds): string | undefined {
  if (broker.protocolVersion === 4) return "needs MQTT 5, but --mqtt-version is 4";
  const { topicPrefix = "$" } = topics;
  if (!broker.preset.dollarTopics && topicPrefix.startsWith("$")) {
    return "uses topics that begin with $, which this kind of broker keeps for itself (--broker-preset): " +
      "add --topic-prefix PREFIX, the same at every peer";
  }
  if (!discovery && serverId === undefined) {
    return "finds servers by their presence, which is switched off (--no-discovery, --broker-preset): add --server-id ID";
  }
}
