/**
 * Retained messages, one for each topic, within bounds.
 *
 * @module
 */
import { type BufferLimits, costOf, type TooLarge } from "./message_buffer.ts";
import type { Received } from "./arrivals.ts";

/** How many of the topics that did not fit are counted. */
const COUNTED_TOPICS = 100_000;

/** How many messages that are too large are named. */
const MOST_TOO_LARGE = 10;

/**
 * Gathers the retained messages of topics after a given one, in the order of names. When there are too many, the last
 * ones in that order are left for a later read. Disposing of it gives its bytes back to the shared budget.
 */
export class RetainedValues implements Disposable {
  readonly tooLarge: TooLarge[] = [];
  readonly #limits: BufferLimits;
  readonly #after: string;
  readonly #messages = new Map<string, Received>();
  readonly #left = new Set<string>();
  /** The first topic that did not fit. A topic after it is not accepted either, since there would be a gap. */
  #firstLeft: string | undefined;
  #bytes = 0;

  /** @param after the last topic that is not wanted any more */
  constructor(limits: BufferLimits, after = "") {
    this.#limits = limits;
    this.#after = after;
  }

  /** The messages in the order of arrival, or in the order of topics if that matters. */
  get messages(): readonly Received[] {
    const messages = [...this.#messages.values()];
    return this.#after === "" && this.#left.size === 0 ? messages : messages.toSorted(byTopic);
  }

  /** How many topics did not fit. In the order of names, they come after those of {@linkcode messages}. */
  get left(): number {
    return this.#left.size;
  }

  /** Adds a message, in place of an earlier one of its topic: with overlapping subscriptions it may arrive twice. */
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

/** Compares two messages by their topics. */
export function byTopic(a: Received, b: Received): number {
  return a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0;
}
