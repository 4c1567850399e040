/**
 * The topic where clients with sessions at many servers announce that they are gone.
 *
 * @module
 */
import { topicNameProblem } from "../mqtt/mod.ts";
import { textWithout } from "./kinds.ts";
import type { Setting } from "./setting.ts";

const CLIENT = "{client}";

/** The setting of that topic. It has to be the same for the clients and for the servers. */
export const CLOSED_TOPIC: Setting<string> = {
  flag: "--closed-topic <topic>",
  environment: "MCP_MQTT_CLOSED_TOPIC",
  description: "where clients with sessions at many servers say that they are gone; {client} stands for the client id",
  kind: textWithout((topic) => {
    const problem = topicNameProblem(topic) ?? clientProblem(topic.split("/"));
    return problem && `${problem}: "${topic}"`;
  }),
  fallback: `mcp/closed/${CLIENT}`,
};

/** The client id must be a level of the topic, because servers learn from it which client is gone. */
function clientProblem(levels: readonly string[]): string | undefined {
  const withClient = levels.filter((level) => level.includes(CLIENT));
  return withClient.length === 1 && withClient[0] === CLIENT ? undefined : `must have one level that is ${CLIENT}`;
}
