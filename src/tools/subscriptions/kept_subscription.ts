/**
 * One filter that stays subscribed to between two calls.
 *
 * @module
 */
import type { Failure } from "../../core/failure.ts";
import type { Collector } from "./collector.ts";
import { type BufferLimits, MessageBuffer } from "./message_buffer.ts";
import type { Received } from "./arrivals.ts";
import type { Listener } from "./subscriptions.ts";

/** The subscription, its running calls, and the messages that wait for the next call. */
export class KeptSubscription implements Listener {
  readonly filter: string;
  readonly since: number;
  readonly waiting: MessageBuffer<Received>;
  /** Whether the broker has granted the subscription to any call. */
  granted = false;
  /** How many times the connection had been lost when a call was last told about it. */
  knownLosses = 0;
  readonly #collectors = new Map<
    Collector,
    { readonly wantsRetained: boolean; readonly fail: (why: Failure) => void }
  >();

  constructor(filter: string, since: number, limits: BufferLimits) {
    this.filter = filter;
    this.since = since;
    this.waiting = new MessageBuffer(limits);
  }

  /** Whether no call is under way. */
  get idle(): boolean {
    return this.#collectors.size === 0;
  }

  add(collector: Collector, wantsRetained: boolean, fail: (why: Failure) => void): void {
    this.#collectors.set(collector, { wantsRetained, fail });
  }

  remove(collector: Collector): void {
    this.#collectors.delete(collector);
  }

  /** Whether a running call has received the message too. */
  has(message: Received): boolean {
    return [...this.#collectors.keys()].some((collector) => collector.has(message));
  }

  live(message: Received): void {
    let wanted = false;
    for (const collector of this.#collectors.keys()) wanted = collector.take(message) || wanted;
    if (!wanted) this.waiting.push(message);
  }

  retained(message: Received): void {
    for (const [collector, { wantsRetained }] of this.#collectors) {
      if (wantsRetained) collector.takeRetained(message);
    }
  }

  refused(failure: Failure): void {
    for (const { fail } of this.#collectors.values()) fail(failure);
  }
}
