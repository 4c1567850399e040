/**
 * Backpressure: asking the producer of a queue to wait.
 *
 * @module
 */

/**
 * Counts the contents of a queue, in bytes or in items, and makes the promise that its producer has to wait for.
 *
 * A queue may be filled up to its high-water mark. Above it the producer is asked to wait until the level has fallen to
 * the low-water mark.
 */
export class Backpressure {
  readonly #high: number;
  readonly #low: number;
  #level = 0;
  #room: PromiseWithResolvers<void> | undefined;

  /**
   * @param high a level above this makes producers wait
   * @param low a level at or below this lets them continue. @default {high}
   */
  constructor(high: number, low: number = high) {
    this.#high = high;
    this.#low = low;
  }

  /** The current level: how much is in the queue. */
  get level(): number {
    return this.#level;
  }

  /** Notes that `amount` was put into the queue. A negative amount was taken out of it. */
  add(amount: number): void {
    this.#level += amount;
    if (this.#level <= this.#low) this.release();
  }

  /** The promise that a producer has to wait for before it adds more; `undefined` while there is room. */
  room(): Promise<void> | void {
    if (this.#level > this.#high) return (this.#room ??= Promise.withResolvers<void>()).promise;
  }

  /** Notes that the queue is empty, and lets waiting producers continue. */
  reset(): void {
    this.#level = 0;
    this.release();
  }

  /** Lets waiting producers continue, however full the queue is. */
  release(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
