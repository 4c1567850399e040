/**
 * The messages that one call gathers.
 *
 * @module
 */
import { type BufferLimits, MessageBuffer } from "./message_buffer.ts";
import type { Received } from "./arrivals.ts";

/** How much is remembered of the topics whose retained message has arrived, in characters. */
const REMEMBERED_TOPICS = 4 * 1024 * 1024;

/** What each remembered topic costs in addition, in characters. */
const OVERHEAD = 32;

/** How many messages a call wants. */
export interface CollectorOptions {
  /** How many messages at most. */
  readonly enough: number;
  /** Called after each message that has arrived. */
  readonly arrived?: () => void;
}

/** Gathers messages until there are enough, or until the call ends and disposes of it. */
export class Collector implements Disposable {
  readonly buffer: MessageBuffer<Received>;
  /** Resolves when there are enough. */
  readonly full: Promise<void>;
  readonly #wanted: CollectorOptions;
  readonly #filled: () => void;
  readonly #got = new WeakSet<Received>();
  /** Topics whose retained message has arrived. With overlapping subscriptions the broker sends it more than once. */
  readonly #retained = new Set<string>();
  #remembered = 0;

  constructor(limits: BufferLimits, wanted: CollectorOptions) {
    this.#wanted = wanted;
    this.buffer = new MessageBuffer({ ...limits, messages: Math.min(limits.messages, wanted.enough) });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.full = promise;
    this.#filled = resolve;
  }

  [Symbol.dispose](): void {
    this.buffer[Symbol.dispose]();
  }

  /** How many messages are still wanted. */
  get room(): number {
    return this.#wanted.enough - this.buffer.size;
  }

  /** Whether it has received and taken this message. */
  has(message: Received): boolean {
    return this.#got.has(message);
  }

  /** Takes over messages that have waited elsewhere, as many as are wanted. */
  takeOver(waiting: MessageBuffer<Received>): void {
    this.buffer.addDropped(waiting.takeDropped(), waiting.takeTooLarge());
    for (const message of waiting.take(this.room)) this.take(message);
  }

  /** Takes a message. Returns whether it was wanted. */
  take(message: Received): boolean {
    if (this.room <= 0) return false;
    if (this.buffer.push(message)) this.#got.add(message);
    if (this.room <= 0) this.#filled();
    this.#wanted.arrived?.();
    return true;
  }

  /** Takes a retained message, once for each topic. */
  takeRetained(message: Received): void {
    if (this.#retained.has(message.topic) || !this.take(message)) return;
    this.#remembered += OVERHEAD + message.topic.length;
    if (this.#remembered <= REMEMBERED_TOPICS) this.#retained.add(message.topic);
  }
}
