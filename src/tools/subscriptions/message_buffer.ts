/**
 * Messages that wait to be read, within bounds.
 *
 * @module
 */
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

/** What a message costs besides its payload and its topic, in bytes; about. */
const OVERHEAD = 256;

/** A queue in which the oldest messages make room for the newest. Disposing of it gives its bytes back. */
export class MessageBuffer implements Disposable {
  readonly #limits: BufferLimits;
  #items: ReceivedPacket[] = [];
  /** Where the queue begins in `#items`: a shift for every message would move them all. */
  #head = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(limits: BufferLimits) {
    this.#limits = limits;
  }

  /** How many messages wait. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** How many messages had to go since this was asked last. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Counts messages that had to go elsewhere. */
  addDropped(count: number): void {
    this.#dropped += count;
  }

  /** Lets a message in. */
  push(packet: ReceivedPacket): void {
    const cost = costOf(packet);
    while (this.size > 0 && !this.#hasRoomFor(cost)) this.#dropOldest();
    if (!this.#hasRoomFor(cost)) {
      this.#dropped++;
      return;
    }
    // The payload is a view of what was read from the network, all of which it would keep alive.
    this.#items.push({ ...packet, payload: packet.payload.slice() });
    this.#charge(cost);
  }

  /** Takes out the oldest messages, at most `count`. */
  take(count = Infinity): ReceivedPacket[] {
    const end = Math.min(this.#items.length, this.#head + count);
    const taken = this.#items.slice(this.#head, end);
    for (const packet of taken) this.#charge(-costOf(packet));
    this.#head = end;
    this.#compact();
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
    const [oldest] = this.take(1);
    if (oldest !== undefined) this.#dropped++;
  }

  #charge(cost: number): void {
    this.#bytes += cost;
    this.#limits.shared.used += cost;
  }

  #compact(): void {
    if (this.#head < this.#items.length / 2) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}

function costOf({ topic, payload }: ReceivedPacket): number {
  return OVERHEAD + 2 * topic.length + payload.length;
}
