/**
 * Random numbers that can be had again.
 *
 * @module
 */

/** A generator of random numbers: the same for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Spreads seeds that lie next to each other (a round of MurmurHash3's finalizer).
    let state = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    this.#state = (state ^ (state >>> 16)) >>> 0 || 1;
  }

  /** A whole number from 0 up to `limit`, which is not reached. */
  below(limit: number): number {
    // Xorshift, by Marsaglia.
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  /** True once in `count` times. */
  once(count: number): boolean {
    return this.below(count) === 0;
  }

  /** One of `items`, which are some. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("Cannot pick from nothing");
    return item;
  }

  /** Up to `limit` random bytes. */
  bytes(limit: number): Uint8Array {
    return Uint8Array.from({ length: this.below(limit + 1) }, () => this.below(256));
  }
}
