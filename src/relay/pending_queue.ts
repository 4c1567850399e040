/**
 * Messages that wait for a session.
 *
 * @module
 */
import { Backpressure } from "../core/backpressure.ts";
import type { Clock } from "../core/clock.ts";
import type { RequestKey } from "../core/json_rpc.ts";
import type { Message } from "../core/message.ts";
import { Queue } from "../core/queue.ts";

interface Waiting {
  readonly message: Message;
  readonly expires: number;
}

/** Above this many bytes, a sender is asked to wait until the queue is empty. */
const HIGH_WATER_MARK = 4 * 1024 * 1024;

/** A queue whose entries leave in order: taken all at once, or one by one when they have waited long enough. */
export class PendingQueue {
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #expired: (message: Message) => void;
  readonly #queue = new Queue<Waiting>();
  readonly #bytes = new Backpressure(HIGH_WATER_MARK, 0);
  #cancelTimer: (() => void) | undefined;
  #empty: PromiseWithResolvers<void> | undefined;

  /**
   * @param timeout how long a message waits, in ms
   * @param expired takes each message that has waited that long
   */
  constructor(clock: Clock, timeout: number, expired: (message: Message) => void) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#expired = expired;
  }

  /** Takes a message. A returned promise resolves when the queue is empty again. */
  add(message: Message): Promise<void> | void {
    this.#queue.push({ message, expires: this.#clock.now() + this.#timeout });
    this.#bytes.add(message.bytes.length);
    this.#cancelTimer ??= this.#clock.after(this.#timeout, () => this.#expire());
    return this.#bytes.room();
  }

  /** The message that has waited longest. It stays in the queue. */
  get first(): Message | undefined {
    return this.#queue.first?.message;
  }

  /** Removes the request with this key, as if it had never come. */
  remove(key: RequestKey): boolean {
    const waiting = this.#queue.takeAll();
    const found = waiting.find(({ message }) => message.kind === "request" && message.key === key);
    this.#queue.prepend(waiting.filter((one) => one !== found));
    if (found !== undefined) this.#bytes.add(-found.message.bytes.length);
    if (this.#queue.length === 0) this.takeAll();
    return found !== undefined;
  }

  /** Removes and returns all messages. */
  takeAll(): Message[] {
    const messages = this.#queue.takeAll().map(({ message }) => message);
    this.#bytes.reset();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#empty?.resolve();
    this.#empty = undefined;
    return messages;
  }

  /** Resolves when no message waits. */
  whenEmpty(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve();
    return (this.#empty ??= Promise.withResolvers<void>()).promise;
  }

  #expire(): void {
    this.#cancelTimer = undefined;
    const now = this.#clock.now();
    while (true) {
      const entry = this.#queue.first;
      if (entry === undefined) break;
      if (entry.expires > now) {
        this.#cancelTimer = this.#clock.after(entry.expires - now, () => this.#expire());
        return;
      }
      this.#queue.shift();
      this.#bytes.add(-entry.message.bytes.length);
      this.#expired(entry.message);
    }
    this.#empty?.resolve();
    this.#empty = undefined;
  }
}
