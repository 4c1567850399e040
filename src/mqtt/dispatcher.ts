/**
 * Delivering messages to the matching subscriptions.
 *
 * @module
 */
import type { ReceivedPacket, Subscription } from "./link.ts";
import { TopicIndex } from "./topic_index.ts";

/** The subscriptions of one link, by filter. */
export class Dispatcher {
  readonly #index = new TopicIndex<Subscription>();

  /** All subscriptions, in the order in which they were made. */
  get subscriptions(): readonly Subscription[] {
    return this.#index.values;
  }

  add(subscription: Subscription): void {
    this.#index.set(subscription);
  }

  remove(filter: string): Subscription | undefined {
    return this.#index.delete(filter);
  }

  /** Hands `packet` to every matching subscription. A returned promise resolves when all of them accept more. */
  dispatch(packet: ReceivedPacket): Promise<void> | void {
    const subscriptions = this.#index.matching(packet.topic);
    const [only] = subscriptions;
    if (only === undefined) return;
    if (subscriptions.length === 1) return only.handler(packet);
    const waits = subscriptions.map(({ handler }) => handler(packet)).filter((wait) => wait !== undefined);
    if (waits.length > 0) return Promise.all(waits).then(() => {});
  }
}
