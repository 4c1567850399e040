/**
 * The topic where clients with sessions at many servers announce that they are gone.
 *
 * @module
 */
import { topicNameProblem } from "../mqtt/mod.ts";
import { textWithout } from "./kinds.ts";
import { CLIENT_PLACEHOLDER, filled } from "./placeholders.ts";
import type { Setting } from "./setting.ts";

/** The setting of that topic. It has to be the same for the clients and for the servers. */
export const CLOSED_TOPIC: Setting<string> = {
  flag: "--closed-topic <topic>",
  environment: "MCP_MQTT_CLOSED_TOPIC",
  description:
    `where clients with sessions at many servers say that they are gone; ${CLIENT_PLACEHOLDER} stands for the client id`,
  kind: filled(
    textWithout((topic) => {
      const problem = topicNameProblem(topic) ?? clientProblem(topic.split("/"));
      return problem && `${problem}: "${topic}"`;
    }),
    "later",
  ),
  fallback: `mcp/closed/${CLIENT_PLACEHOLDER}`,
};

/** The client id must be a level of the topic, because servers learn from it which client is gone. */
function clientProblem(levels: readonly string[]): string | undefined {
  const withClient = levels.filter((level) => level.includes(CLIENT_PLACEHOLDER));
  if (withClient.length === 1 && withClient[0] === CLIENT_PLACEHOLDER) return undefined;
  return `must have one level that is ${CLIENT_PLACEHOLDER}`;
}
