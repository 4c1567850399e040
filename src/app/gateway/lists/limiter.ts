/**
 * Limits how many tasks run at the same time.
 *
 * @module
 */
import { type Clock, systemClock } from "../../../core/clock.ts";

/** Runs tasks. Those over the limit wait for their turn. */
export class Limiter {
  readonly #limit: number;
  readonly #longest: number;
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /**
   * @param limit how many tasks run at the same time
   * @param longest a task that takes longer than this, in ms, is no longer counted: it probably waits for a server that
   * does not answer, and must not delay the others
   */
  constructor(limit: number, longest = Infinity, clock = systemClock) {
    this.#limit = limit;
    this.#longest = longest;
    this.#clock = clock;
  }

  /** Runs `work` when it is its turn. Resolves or rejects as `work` does. */
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

  /** Gives the free place to the next task. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}
