/**
 * Where the answers to a request go.
 *
 * @module
 */
import { Failure } from "../../../core/failure.ts";
import { type ReceivedPacket, topicNameProblem } from "../../../mqtt/mod.ts";
import type { ServerOptions } from "../../profile.ts";
import type { Topics } from "../topics.ts";

/**
 * The topic of the answers.
 *
 * A Response Topic has to be one of the topics for responses. Otherwise anybody who may send a request could make the
 * server publish to any topic. It also has to belong to the client that the request's topic names, since the broker's
 * access control vouches for that client only.
 *
 * @param client empty when the request's topic names none
 * @returns or why the request cannot be answered
 */
export function responseTopicOf(
  { properties }: ReceivedPacket,
  client: string,
  { response, base }: Topics,
  options: Pick<ServerOptions, "responseTopic">,
): string | Failure {
  const topic = properties.responseTopic ?? (client === "" ? undefined : response.for(client));
  if (topic === undefined) return new Failure("publish-refused", "it has no Response Topic");
  const problem = topicNameProblem(topic);
  if (problem !== undefined) return new Failure("publish-refused", `its Response Topic ${problem}`);
  const owner = response.clientOf(topic);
  const below = options.responseTopic === undefined && topic.startsWith(`${base}/response/`);
  if (owner === undefined && !(client === "" && below)) {
    return new Failure("publish-refused", "its Response Topic is not one of this server's");
  }
  if (client !== "" && response.namesClient && owner !== client) {
    return new Failure("publish-refused", "its Response Topic belongs to another client");
  }
  return topic;
}
