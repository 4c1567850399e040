/**
 * What one call gathers.
 *
 * @module
 */
import type { ReceivedPacket } from "../../mqtt/mod.ts";
import { type BufferLimits, MessageBuffer } from "./message_buffer.ts";

/** How many topics are remembered to have had their retained message. */
const REMEMBERED_TOPICS = 100_000;

/** Gathers messages until there are enough, or the call ends, which has to dispose of it. */
export class Collector implements Disposable {
  readonly buffer: MessageBuffer;
  /** Resolves when there are enough. */
  readonly full: Promise<void>;
  readonly #enough: number;
  readonly #filled: () => void;
  /** Topics whose retained message is there: overlapping subscriptions make the broker send it more than once. */
  readonly #retained = new Set<string>();

  /** @param enough how many messages the call wants at most; without, it takes what comes */
  constructor(limits: BufferLimits, enough = Infinity) {
    this.#enough = enough;
    this.buffer = new MessageBuffer({ ...limits, messages: Math.min(limits.messages, enough) });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.full = promise;
    this.#filled = resolve;
  }

  [Symbol.dispose](): void {
    this.buffer[Symbol.dispose]();
  }

  /** How many messages are still wanted. */
  get room(): number {
    return this.#enough - this.buffer.size;
  }

  /** Takes over what has waited elsewhere, as far as it is wanted. */
  takeOver(waiting: MessageBuffer): void {
    this.buffer.addDropped(waiting.takeDropped());
    for (const packet of waiting.take(this.room)) this.take(packet);
  }

  /** Takes a message. Returns whether it was wanted. */
  take(packet: ReceivedPacket): boolean {
    if (this.room <= 0) return false;
    this.buffer.push(packet);
    if (this.room <= 0) this.#filled();
    return true;
  }

  /** Takes a retained message, once for each topic. */
  takeRetained(packet: ReceivedPacket): void {
    if (this.#retained.has(packet.topic) || !this.take(packet)) return;
    if (this.#retained.size < REMEMBERED_TOPICS) this.#retained.add(packet.topic);
  }
}
