/**
 * Which subscriptions a message belongs to.
 *
 * @module
 */
import type { ReceivedPacket, Subscription } from "./link.ts";
import { topicMatches } from "./topics.ts";

/** How many topics' subscriptions are remembered; a bridge sees the same few over and over. */
const REMEMBERED_TOPICS = 1_000;

/** The subscriptions of one link, by filter. */
export class Dispatcher {
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #byTopic = new Map<string, readonly Subscription[]>();

  /** All subscriptions, in the order in which they were made. */
  get subscriptions(): readonly Subscription[] {
    return [...this.#subscriptions.values()];
  }

  add(subscription: Subscription): void {
    this.#subscriptions.set(subscription.filter, subscription);
    this.#byTopic.clear();
  }

  remove(filter: string): boolean {
    this.#byTopic.clear();
    return this.#subscriptions.delete(filter);
  }

  /** Hands `packet` to every subscription that it matches. A returned promise resolves when they want more. */
  dispatch(packet: ReceivedPacket): Promise<void> | void {
    const subscriptions = this.#matching(packet.topic);
    const [only] = subscriptions;
    if (only === undefined) return;
    if (subscriptions.length === 1) return only.handler(packet);
    const waits = subscriptions.map(({ handler }) => handler(packet)).filter((wait) => wait !== undefined);
    if (waits.length > 0) return Promise.all(waits).then(() => {});
  }

  #matching(topic: string): readonly Subscription[] {
    const known = this.#byTopic.get(topic);
    if (known !== undefined) return known;
    const found = this.subscriptions.filter(({ filter }) => topicMatches(filter, topic));
    if (this.#byTopic.size >= REMEMBERED_TOPICS) this.#byTopic.clear();
    this.#byTopic.set(topic, found);
    return found;
  }
}
