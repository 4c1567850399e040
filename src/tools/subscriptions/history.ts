/**
 * Messages of kept subscriptions that a call has taken. They are kept within limits, so that they can be read again.
 *
 * @module
 */
import { Queue } from "../../core/queue.ts";
import { costOf } from "./message_buffer.ts";
import type { Received } from "./arrivals.ts";

/** How much is remembered. */
export interface HistoryLimits {
  readonly messages: number;
  readonly bytes: number;
}

interface Entry {
  readonly filter: string;
  readonly message: Received;
}

/** The last messages that were taken from kept subscriptions. */
export class History {
  readonly #limits: HistoryLimits;
  readonly #entries = new Queue<Entry>();
  #bytes = 0;

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  /** Remembers a message of the subscription to `filter`. */
  add(filter: string, message: Received): void {
    this.#entries.push({ filter, message });
    this.#bytes += costOf(message);
    while (this.#entries.length > this.#limits.messages || this.#bytes > this.#limits.bytes) this.#shift();
  }

  /** What is remembered of the subscription to `filter`, the oldest first. */
  of(filter: string): readonly Received[] {
    return [...this.#entries].filter((entry) => entry.filter === filter).map(({ message }) => message)
      .toSorted((a, b) => a.number - b.number);
  }

  /** Forgets a subscription. */
  forget(filter: string): void {
    for (const entry of this.#entries.takeAll()) {
      if (entry.filter !== filter) this.#entries.push(entry);
      else this.#bytes -= costOf(entry.message);
    }
  }

  #shift(): void {
    const oldest = this.#entries.shift();
    if (oldest !== undefined) this.#bytes -= costOf(oldest.message);
  }
}
