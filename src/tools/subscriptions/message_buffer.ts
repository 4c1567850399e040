/**
 * Messages that wait to be read, within bounds.
 *
 * @module
 */
import { Queue } from "../../core/queue.ts";
import type { ReceivedPacket } from "../../mqtt/mod.ts";

/** How much may wait in one buffer. */
export interface BufferLimits {
  readonly messages: number;
  readonly bytes: number;
  /** How much may wait in this buffer and others together. */
  readonly shared: ByteBudget;
}

/** Bytes that several buffers share. */
export class ByteBudget {
  readonly limit: number;
  used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }
}

/** A message that no buffer can hold. */
export interface TooLarge {
  readonly topic: string;
  /** Bytes of its payload. */
  readonly size: number;
}

/** The fixed cost of a message, and of each of its user properties, in bytes. */
const OVERHEAD = 256;

/** How many messages that are too large are named. */
const MOST_TOO_LARGE = 10;

/** The approximate cost of a kept message, in bytes. */
export function costOf({ topic, payload, properties }: ReceivedPacket): number {
  const { contentType = "", responseTopic = "", correlationData, userProperties = {} } = properties;
  let characters = topic.length + contentType.length + responseTopic.length;
  let items = 1;
  for (const name in userProperties) {
    for (const value of [userProperties[name] ?? []].flat()) {
      characters += name.length + value.length;
      items++;
    }
  }
  return OVERHEAD * items + 2 * characters + payload.length + (correlationData?.length ?? 0);
}

/**
 * A queue that drops its oldest messages when it is full. Disposing of it gives its bytes back to the shared budget.
 */
export class MessageBuffer<T extends ReceivedPacket> implements Disposable {
  readonly #limits: BufferLimits;
  readonly #messages = new Queue<T>();
  #tooLarge: TooLarge[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(limits: BufferLimits) {
    this.#limits = limits;
  }

  /** How many messages wait. */
  get size(): number {
    return this.#messages.length;
  }

  /** The messages, the oldest first. */
  get messages(): readonly T[] {
    return [...this.#messages];
  }

  /** How many messages were dropped since this was last called. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** The dropped messages that were too large, since this was last called. */
  takeTooLarge(): readonly TooLarge[] {
    const tooLarge = this.#tooLarge;
    this.#tooLarge = [];
    return tooLarge;
  }

  /** Counts messages that were dropped elsewhere. */
  addDropped(count: number, tooLarge: readonly TooLarge[]): void {
    this.#dropped += count;
    this.#tooLarge = [...this.#tooLarge, ...tooLarge].slice(-MOST_TOO_LARGE);
  }

  /** Adds a message. Returns whether it was accepted. */
  push(message: T): boolean {
    const cost = costOf(message);
    while (this.size > 0 && !this.#hasRoomFor(cost)) this.#dropOldest();
    if (!this.#hasRoomFor(cost)) {
      const { topic, payload: { length: size } } = message;
      this.addDropped(1, cost > this.#limits.bytes ? [{ topic, size }] : []);
      return false;
    }
    this.#messages.push(message);
    this.#charge(cost);
    return true;
  }

  /** Takes out the oldest messages, at most `count`. */
  take(count = Infinity): T[] {
    const taken: T[] = [];
    while (taken.length < count) {
      const message = this.#messages.shift();
      if (message === undefined) break;
      this.#charge(-costOf(message));
      taken.push(message);
    }
    return taken;
  }

  [Symbol.dispose](): void {
    this.take();
  }

  #hasRoomFor(cost: number): boolean {
    const { messages, bytes, shared } = this.#limits;
    return this.size < messages && this.#bytes + cost <= bytes && shared.used + cost <= shared.limit;
  }

  #dropOldest(): void {
    this.#dropped += this.take(1).length;
  }

  #charge(cost: number): void {
    this.#bytes += cost;
    this.#limits.shared.used += cost;
  }
}
