/** The tool `list_topics`. @module */
import * as z from "zod";
import { type ReceivedPacket, whenOnline } from "../mqtt/mod.ts";
import { listen } from "./listening.ts";
import { filter, lenient, timeout } from "./parameters.ts";
import type { Listener } from "./subscriptions/subscriptions.ts";
import { tool } from "./tool.ts";

const TOPIC = z.object({
  topic: z.string(),
  count: z.int().describe("How many messages came"),
  last_size: z.int().describe("Bytes of the last payload"),
  retained: z.boolean().describe("Whether the broker keeps a value, which get_retained returns"),
});

/** Tells which topics there are. */
export const LIST_TOPICS = tool({
  name: "list_topics",
  title: "Find topics",
  description:
    "Find out which MQTT topics there are: listens for some seconds and returns the topics on which something " +
    "was published or the broker keeps a value, with message counts and sizes but without payloads. A topic on which " +
    "nothing happens meanwhile is not found; listen longer for rare ones.",
  publishes: false,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: {
    topic: filter.default("#"),
    timeout: timeout(2, "How many seconds to listen"),
    max_topics: lenient(z.int().min(1).max(10_000).default(1_000).describe("Most topics to return")),
  },
  output: {
    success: z.literal(true),
    topic_count: z.int(),
    topics: z.array(TOPIC).describe("Sorted by name"),
    more: z.literal(true).optional().describe("There are more topics than max_topics: use a narrower filter"),
    interrupted: z.literal(true).optional().describe("The connection was lost in between: topics may be missing"),
  },
  async run({ topic, timeout, max_topics }, context, call) {
    const { link, clock, permissions, subscriptions, connectTimeout } = context;
    permissions.checkSubscribe(topic);
    await whenOnline(link, connectTimeout, call.signal, clock);
    const survey = new Survey(max_topics);
    try {
      await subscriptions.open(topic, 0, survey, true, call.signal);
      const heard = () => `${survey.size} topics so far`;
      const { interrupted } = await listen({ timeout, enough: survey.refusal, heard }, context, call);
      return {
        success: true as const,
        topic_count: survey.size,
        topics: survey.topics,
        ...(survey.more ? { more: true as const } : {}),
        ...(interrupted ? { interrupted: true as const } : {}),
      };
    } finally {
      void subscriptions.close(topic, survey);
    }
  },
});

/** Counts messages by topic. */
class Survey implements Listener {
  /** Rejects when the broker ends the subscription. */
  readonly refusal: Promise<never>;
  readonly refused: (reason: unknown) => void;
  more = false;
  readonly #most: number;
  readonly #topics = new Map<string, z.output<typeof TOPIC>>();

  constructor(most: number) {
    this.#most = most;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {}); // nobody may be waiting
    this.refusal = promise;
    this.refused = reject;
  }

  get size(): number {
    return this.#topics.size;
  }

  get topics(): z.output<typeof TOPIC>[] {
    return [...this.#topics.values()].sort((a, b) => a.topic < b.topic ? -1 : 1);
  }

  live(packet: ReceivedPacket): void {
    this.#count(packet, 1);
  }

  retained(packet: ReceivedPacket): void {
    // What the broker keeps may come again, because somebody else has subscribed.
    this.#count(packet, this.#topics.get(packet.topic)?.retained === true ? 0 : 1);
  }

  #count({ topic, payload, retain }: ReceivedPacket, increment: number): void {
    const known = this.#topics.get(topic);
    if (known === undefined && this.#topics.size >= this.#most) {
      this.more = true;
      return;
    }
    this.#topics.set(topic, {
      topic,
      count: (known?.count ?? 0) + increment,
      last_size: payload.length,
      retained: retain || known?.retained === true,
    });
  }
}
