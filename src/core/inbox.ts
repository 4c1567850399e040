/**
 * Messages on their way to a receiver that may not be ready.
 *
 * @module
 */
import { Backpressure } from "./backpressure.ts";
import type { Receiver } from "./channel.ts";
import type { Message } from "./message.ts";
import { Queue } from "./queue.ts";

/** Above this many bytes, a sender that asks for {@linkcode Inbox.room} has to wait. */
const HIGH_WATER_MARK = 1024 * 1024;

/** The least that a message counts for, in bytes: a small one takes more memory than its text. */
const SMALLEST_COST = 1024;

function costOf({ bytes }: Message): number {
  return Math.max(bytes.length, SMALLEST_COST);
}

/**
 * Hands messages to a receiver in order, as fast as it takes them. The others wait in a queue. So one slow receiver
 * does not hold up the others on the same connection.
 */
export class Inbox {
  #receiver: Receiver | undefined;
  readonly #queue = new Queue<Message>();
  readonly #waiting = new Backpressure(HIGH_WATER_MARK);
  #draining = false;

  /** How much memory the waiting messages take, in bytes. */
  get bytes(): number {
    return this.#waiting.level;
  }

  /** Whether the receiver takes the next message at once. */
  get ready(): boolean {
    return this.#receiver !== undefined && !this.#draining;
  }

  /** A promise to wait for before further messages are put in; `undefined` while there is room. */
  room(): Promise<void> | void {
    return this.#waiting.room();
  }

  /** Takes a message. It is handed over at once if no other message waits. */
  push(message: Message): void {
    if (this.#receiver !== undefined && !this.#draining) {
      const wait = this.#receiver(message);
      if (wait !== undefined) void this.#drain(this.#receiver, wait);
      return;
    }
    this.#queue.push(message.keep());
    this.#waiting.add(costOf(message));
  }

  /** Starts handing messages to `receiver`. */
  start(receiver: Receiver): void {
    this.#receiver = receiver;
    void this.#drain(receiver);
  }

  /** Removes and returns the waiting messages. */
  takeAll(): Message[] {
    this.#waiting.reset();
    return this.#queue.takeAll();
  }

  async #drain(receiver: Receiver, first?: Promise<void>): Promise<void> {
    this.#draining = true;
    if (first !== undefined) await first;
    while (true) {
      const message = this.#queue.shift();
      if (message === undefined) break;
      this.#waiting.add(-costOf(message));
      const wait = receiver(message);
      if (wait !== undefined) await wait;
    }
    this.#draining = false;
  }
}
