/**
 * What one call gathers.
 *
 * @module
 */
import { type BufferLimits, MessageBuffer } from "./message_buffer.ts";
import type { Received } from "./arrivals.ts";

/** How many characters of topics are remembered to have had their retained message. */
const REMEMBERED_TOPICS = 4 * 1024 * 1024;

/** What a topic costs besides, in characters. */
const OVERHEAD = 32;

/** What a call wants. */
export interface Wanted {
  /** How many messages at most. */
  readonly enough: number;
  /** Told after each that has come. */
  readonly arrived?: () => void;
}

/** Gathers messages until there are enough, or the call ends, which has to dispose of it. */
export class Collector implements Disposable {
  readonly buffer: MessageBuffer<Received>;
  /** Resolves when there are enough. */
  readonly full: Promise<void>;
  readonly #wanted: Wanted;
  readonly #filled: () => void;
  readonly #got = new WeakSet<Received>();
  /** Topics whose retained message is there: overlapping subscriptions make the broker send it more than once. */
  readonly #retained = new Set<string>();
  #remembered = 0;

  constructor(limits: BufferLimits, wanted: Wanted) {
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

  /** Whether it was given this message, and wanted it. */
  has(message: Received): boolean {
    return this.#got.has(message);
  }

  /** Takes over what has waited elsewhere, as far as it is wanted. */
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
