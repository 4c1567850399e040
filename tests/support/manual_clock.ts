/**
 * Time that passes when the test says so.
 *
 * @module
 */
import type { Clock } from "../../src/core/clock.ts";

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that stands still between two calls of {@linkcode advance}. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now = 1_000;

  /** How many timers are running. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { due: this.#now + delay, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets `duration` ms pass at once: timers fire, but nothing that waits for a promise gets its turn in between. */
  elapse(duration: number): void {
    const end = this.#now + duration;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) this.#fire(next);
    this.#now = end;
  }

  /** Lets `duration` ms pass: timers fire in the order in which they are due, and what they set off runs to its end. */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration;
    await idleTurns();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#fire(next);
      await idleTurns();
    }
    this.#now = end;
  }

  /** The timer that is due first, if it is due by `end`. */
  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due)[0];
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.due);
    timer.callback();
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function idleTurns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}
