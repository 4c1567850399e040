/**
 * Format 1: the messages of one direction that the peer has not acknowledged.
 *
 * @module
 */
import { Backpressure } from "../../../../core/backpressure.ts";

/** A message, or a part of one, with its number. */
export interface Numbered<T> {
  readonly sequence: number;
  readonly size: number;
  readonly item: T;
}

/**
 * How many items may be with the peer unacknowledged. Brokers drop what a slow subscriber lets pile up, and
 * acknowledge it all the same: mosquitto by default beyond 1,000 messages.
 */
export const WINDOW_ITEMS = 256;

/** How many bytes may be with the peer unacknowledged; a single larger item may be so alone. */
export const WINDOW_BYTES = 4 * 1024 * 1024;

/** Above this many bytes that are not acknowledged, a sender is asked to wait, until only half of them are left. */
const HIGH_WATER_MARK = 8 * 1024 * 1024;

/** What an item counts at least, in bytes: the high-water mark is reached by twice as many items as fit the window. */
const SMALLEST_COST = HIGH_WATER_MARK / (2 * WINDOW_ITEMS);

/** Numbers what is sent, keeps it until it is acknowledged, and says what may go out now. */
export class SendQueue<T> {
  /** From the oldest unacknowledged one on. */
  #items: Numbered<T>[] = [];
  #acknowledged = 0;
  #last = 0;
  /** The highest number that has gone out, now or before a {@linkcode rewind}. */
  #highest = 0;
  /** The number that goes out next. */
  #next = 1;
  readonly #kept = new Backpressure(HIGH_WATER_MARK, HIGH_WATER_MARK / 2);
  #bytesOut = 0;

  /** The highest number that has gone out. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether every item is acknowledged. */
  get empty(): boolean {
    return this.#items.length === 0;
  }

  /** Whether something is out that is not acknowledged. */
  get awaitsAcknowledgement(): boolean {
    return this.#highest > this.#acknowledged;
  }

  /** The oldest item that is out. */
  get oldest(): Numbered<T> | undefined {
    return this.#next - 1 > this.#acknowledged ? this.#items[0] : undefined;
  }

  /** Takes an item of `size` bytes. */
  push(item: T, size: number): void {
    this.#items.push({ sequence: ++this.#last, size, item });
    this.#kept.add(costOf(size));
  }

  /** A promise to wait for, when so much is unacknowledged that nothing more should come. */
  room(): Promise<void> | void {
    return this.#kept.room();
  }

  /** The next item to go out, which then is out; `undefined` when there is none, or the window is full. */
  take(): Numbered<T> | undefined {
    const out = this.#next - 1 - this.#acknowledged;
    const entry = this.#items[out];
    if (entry === undefined || out >= WINDOW_ITEMS) return undefined;
    if (out > 0 && this.#bytesOut + entry.size > WINDOW_BYTES) return undefined;
    this.#next++;
    this.#bytesOut += entry.size;
    if (entry.sequence > this.#highest) this.#highest = entry.sequence;
    return entry;
  }

  /**
   * Forgets everything up to and including `sequence`.
   *
   * @returns whether that was news; a number that has never gone out is not believed
   */
  acknowledge(sequence: number): boolean {
    if (sequence <= this.#acknowledged || sequence > this.#highest) return false;
    const acknowledged = this.#items.splice(0, sequence - this.#acknowledged);
    for (const { sequence: number, size } of acknowledged) {
      this.#kept.add(-costOf(size));
      if (number < this.#next) this.#bytesOut -= size;
    }
    this.#acknowledged = sequence;
    this.#next = Math.max(this.#next, sequence + 1);
    return true;
  }

  /**
   * Lets everything after `sequence` go out again.
   *
   * @returns how many items that are
   */
  rewind(sequence: number): number {
    const again = Math.max(sequence, this.#acknowledged) + 1;
    if (again >= this.#next) return 0;
    const count = this.#next - again;
    this.#next = again;
    this.#bytesOut = 0;
    for (const entry of this.#items.slice(0, again - 1 - this.#acknowledged)) this.#bytesOut += entry.size;
    return count;
  }

  /** All items after `sequence` that are not acknowledged. */
  after(sequence: number): T[] {
    return this.#items.filter((entry) => entry.sequence > sequence).map(({ item }) => item);
  }

  /** Lets everybody who waits for room go on. */
  release(): void {
    this.#kept.release();
  }
}

function costOf(size: number): number {
  return Math.max(size, SMALLEST_COST);
}
