/**
 * So many at a time.
 *
 * @module
 */

/** Runs work, but not too much of it at the same time; what comes later waits. */
export class Limiter {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param limit how many run at the same time */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `work` when it is its turn, and resolves or rejects as it does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      // Whoever is next takes this place.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
