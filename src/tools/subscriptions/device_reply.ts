/**
 * The answer of a device that answers on a fixed topic.
 *
 * @module
 */
import type { Failure } from "../../core/failure.ts";
import type { Received } from "./arrivals.ts";
import { type PendingReply, Reply } from "./replies.ts";
import type { Listener, Subscriptions } from "./subscriptions.ts";

/** Waits on a topic or filter that others publish to as well. Disposing of it ends the wait. */
export class DeviceReply implements Listener, PendingReply {
  readonly topic: string;
  readonly #subscriptions: Subscriptions;
  readonly #reply: Reply;

  private constructor(topic: string, subscriptions: Subscriptions, accepts: (message: Received) => boolean) {
    this.topic = topic;
    this.#subscriptions = subscriptions;
    this.#reply = new Reply(accepts);
  }

  /**
   * Subscribes. Resolves when the broker has granted the subscription.
   *
   * @throws {Failure} when the broker does not grant the subscription
   */
  static async open(
    topic: string,
    subscriptions: Subscriptions,
    signal: AbortSignal,
    accepts: (message: Received) => boolean,
  ): Promise<DeviceReply> {
    const place = new DeviceReply(topic, subscriptions, accepts);
    await subscriptions.open(topic, 1, place, false, signal);
    return place;
  }

  get answer(): Promise<Received> {
    return this.#reply.answer;
  }

  get others(): number {
    return this.#reply.others;
  }

  begin(): void {
    this.#reply.begin();
  }

  live(message: Received): void {
    this.#reply.take(message);
  }

  retained(): void {
    // A retained message is older than the request.
  }

  refused(failure: Failure): void {
    this.#reply.fail(failure);
  }

  [Symbol.dispose](): void {
    void this.#subscriptions.close(this.topic, this);
  }
}
