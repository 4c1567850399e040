/**
 * So many at a time.
 *
 * @module
 */
import { type Clock, systemClock } from "../../../core/clock.ts";

/** Runs work, but not too much of it at the same time; what comes later waits. */
export class Limiter {
  readonly #limit: number;
  readonly #longest: number;
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /**
   * @param limit how many run at the same time
   * @param longest work that takes longer than this, in ms, is not counted any more: what waits for somebody who does not
   * answer costs nothing, and must not keep others waiting
   */
  constructor(limit: number, longest = Infinity, clock = systemClock) {
    this.#limit = limit;
    this.#longest = longest;
    this.#clock = clock;
  }

  /** Runs `work` when it is its turn, and resolves or rejects as it does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    let isCounted = true;
    const done = () => {
      cancel();
      if (isCounted) this.#next();
      isCounted = false;
    };
    const cancel = Number.isFinite(this.#longest) ? this.#clock.after(this.#longest, () => done()) : () => {};
    try {
      return await work();
    } finally {
      done();
    }
  }

  /** Whoever is next takes the place that has become free. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}
