/**
 * The topics of the request-response profile.
 *
 * | topic | published by | subscribed by |
 * |---|---|---|
 * | `B/request/{client}` | client | servers, also the bare `B/request` |
 * | `B/response/{client}` | server | that client |
 * | `B/instance/{instance}/{client}` | client, once it knows its instance | that instance |
 * | `B/presence/{instance}` | server, retained; empty when it is gone | clients |
 * | `B/closed/{client}` | client, when its session is over; also its will | every instance |
 * | `mcp/closed/{client}` | will of a client with sessions at many servers | every instance of every server |
 *
 * @module
 */
import { CLIENT_PLACEHOLDER } from "../../config/mod.ts";
import { isTopicLevel } from "../../mqtt/mod.ts";
import { baseTopic, type ServerTopics } from "./address.ts";

/** A topic with at most one level that stands for the client id. */
export class ClientTopic {
  readonly #levels: readonly string[];
  readonly #clientLevel: number;

  constructor(template: string) {
    this.#levels = template.split("/");
    this.#clientLevel = this.#levels.indexOf(CLIENT_PLACEHOLDER);
  }

  /** Whether the topic tells who the client is. */
  get namesClient(): boolean {
    return this.#clientLevel >= 0;
  }

  /** The filter that matches the topic of every client. */
  get filter(): string {
    return this.for("+");
  }

  /** The topic of one client. */
  for(client: string): string {
    return this.#levels.map((level, index) => index === this.#clientLevel ? client : level).join("/");
  }

  /** The client that `topic` belongs to, `""` when the topic does not tell; `undefined` when it is another topic. */
  clientOf(topic: string): string | undefined {
    const levels = topic.split("/");
    if (levels.length !== this.#levels.length) return undefined;
    if (levels.some((level, index) => index !== this.#clientLevel && level !== this.#levels[index])) return undefined;
    if (!this.namesClient) return "";
    const client = levels[this.#clientLevel];
    return client !== undefined && isTopicLevel(client) ? client : undefined;
  }
}

/** All topics of one server. */
export interface Topics {
  readonly base: string;
  readonly request: ClientTopic;
  readonly response: ClientTopic;
  /** The filter a server subscribes to for requests. */
  readonly requestFilter: string;
  readonly presenceFilter: string;
  readonly closed: ClientTopic;
  /** The same for all servers; `undefined` when nobody is to watch it. */
  readonly sharedClosed: ClientTopic | undefined;
  presence(instance: string): string;
  instance(instance: string): ClientTopic;
}

/** The topics for a server's name or base topic. */
export function topicsFor({ serverName, topic, requestTopic, responseTopic, closedTopic }: ServerTopics): Topics {
  const base = topic ?? baseTopic(serverName);
  const request = new ClientTopic(requestTopic ?? `${base}/request/${CLIENT_PLACEHOLDER}`);
  return {
    base,
    request,
    response: new ClientTopic(responseTopic ?? `${base}/response/${CLIENT_PLACEHOLDER}`),
    // Matches the bare topic as well (MQTT 5.0, section 4.7.1.2).
    requestFilter: requestTopic === undefined ? `${base}/request/#` : request.filter,
    presenceFilter: `${base}/presence/+`,
    closed: new ClientTopic(`${base}/closed/${CLIENT_PLACEHOLDER}`),
    sharedClosed: closedTopic === undefined ? undefined : new ClientTopic(closedTopic),
    presence: (instance) => `${base}/presence/${instance}`,
    instance: (instance) => new ClientTopic(`${base}/instance/${instance}/${CLIENT_PLACEHOLDER}`),
  };
}
