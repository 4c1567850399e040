/**
 * First in, first out.
 *
 * @module
 */

/** How many empty places are kept at the front before the other items are moved up. */
const SLACK = 1_024;

/**
 * A queue that takes and gives in constant time. `Array.shift()` does not: from some 50,000 elements on it moves all
 * of them, so that emptying a long array takes time quadratic in its length.
 */
export class Queue<T> {
  /** The places of removed items are `undefined`, so that those can be collected. */
  #items: (T | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  /** The item that is next to leave, if there is one. */
  get first(): T | undefined {
    return this.#items[this.#first];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Puts `items` in front of all others, in their order. */
  prepend(items: readonly T[]): void {
    this.#items = [...items, ...this.takeAll()];
  }

  /** Removes and returns the first item. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (this.length === 0 || (this.#first > SLACK && this.#first > this.length)) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  /** The items, in order; they stay. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = this.#first; index < this.#items.length; index++) yield this.#items[index] as T;
  }

  /** Removes and returns all items, in order. */
  takeAll(): T[] {
    const items = this.#first === 0 ? this.#items : this.#items.slice(this.#first);
    this.#items = [];
    this.#first = 0;
    return items as T[];
  }
}
