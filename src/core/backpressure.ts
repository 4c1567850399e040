/**
 * Asking whoever feeds a queue to wait.
 *
 * @module
 */

/**
 * Counts what waits in a queue, in bytes or in items, and makes the promise that its producer has to wait for.
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
   * @param high more than this makes producers wait
   * @param low they go on when there is not more than this. @default {high}
   */
  constructor(high: number, low: number = high) {
    this.#high = high;
    this.#low = low;
  }

  /** How much waits. */
  get level(): number {
    return this.#level;
  }

  /** Something was put into the queue; a negative amount was taken out. */
  add(amount: number): void {
    this.#level += amount;
    if (this.#level <= this.#low) this.release();
  }

  /** What a producer has to wait for before it adds more; nothing while there is room. */
  room(): Promise<void> | void {
    if (this.#level > this.#high) return (this.#room ??= Promise.withResolvers<void>()).promise;
  }

  /** The queue is empty: whoever waits goes on. */
  reset(): void {
    this.#level = 0;
    this.release();
  }

  /** Lets whoever waits go on, however full the queue is. */
  release(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
