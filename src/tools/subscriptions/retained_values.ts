/**
 * Retained messages, one for each topic, within bounds.
 *
 * @module
 */
import { type BufferLimits, costOf, type TooLarge } from "./message_buffer.ts";
import type { Received } from "./arrivals.ts";

/** How many topics are counted that had no room. */
const COUNTED_TOPICS = 100_000;

/** How many messages that are too large are told of by name. */
const MOST_TOO_LARGE = 10;

/**
 * Gathers the retained messages of topics behind a certain one, in the order of their names. When they are too many,
 * those at the end of the order are left for another time. Disposing of it gives its bytes back.
 */
export class RetainedValues implements Disposable {
  readonly tooLarge: TooLarge[] = [];
  readonly #limits: BufferLimits;
  readonly #after: string;
  readonly #messages = new Map<string, Received>();
  readonly #left = new Set<string>();
  /** The first topic that had no room: one behind it would make a gap. */
  #firstLeft: string | undefined;
  #bytes = 0;

  /** @param after the last topic that is not wanted any more */
  constructor(limits: BufferLimits, after = "") {
    this.#limits = limits;
    this.#after = after;
  }

  /** The messages: as they came, or in the order of their topics if it matters. */
  get messages(): readonly Received[] {
    const messages = [...this.#messages.values()];
    return this.#after === "" && this.#left.size === 0 ? messages : messages.toSorted(byTopic);
  }

  /** How many topics had no room, in the order of names behind those of {@linkcode messages}. */
  get left(): number {
    return this.#left.size;
  }

  /** Takes a message. Another one of its topic makes room for it: overlapping subscriptions may bring it twice. */
  add(message: Received): void {
    const { topic, payload } = message;
    if (topic <= this.#after) return;
    const { bytes, shared } = this.#limits;
    const cost = costOf(message);
    if (cost > bytes) {
      if (this.tooLarge.length < MOST_TOO_LARGE) this.tooLarge.push({ topic, size: payload.length });
      return;
    }
    this.#delete(topic);
    while (!this.#hasRoomFor(cost) && this.#messages.size > 0) this.#leaveHalf();
    if (this.#isBehindThoseLeft(topic) || shared.used + cost > shared.limit) return this.#leave(topic);
    this.#messages.set(topic, message);
    this.#charge(cost);
  }

  [Symbol.dispose](): void {
    this.#charge(-this.#bytes);
    this.#messages.clear();
  }

  #hasRoomFor(cost: number): boolean {
    const { messages, bytes, shared } = this.#limits;
    return this.#messages.size < messages && this.#bytes + cost <= bytes && shared.used + cost <= shared.limit;
  }

  #isBehindThoseLeft(topic: string): boolean {
    return this.#firstLeft !== undefined && topic >= this.#firstLeft;
  }

  #leaveHalf(): void {
    const topics = [...this.#messages.keys()].sort();
    for (const topic of topics.slice(topics.length >> 1)) {
      this.#delete(topic);
      this.#leave(topic);
    }
  }

  #leave(topic: string): void {
    if (this.#firstLeft === undefined || topic < this.#firstLeft) this.#firstLeft = topic;
    if (this.#left.size < COUNTED_TOPICS) this.#left.add(topic);
  }

  #delete(topic: string): void {
    const message = this.#messages.get(topic);
    if (message === undefined) return;
    this.#messages.delete(topic);
    this.#charge(-costOf(message));
  }

  #charge(cost: number): void {
    this.#bytes += cost;
    this.#limits.shared.used += cost;
  }
}

/** In the order of their topics. */
export function byTopic(a: Received, b: Received): number {
  return a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0;
}
