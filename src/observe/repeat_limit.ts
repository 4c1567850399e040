/**
 * Not saying the same again and again.
 *
 * @module
 */
import { type Clock, systemClock } from "../core/clock.ts";

/** So many of one kind pass within {@linkcode WINDOW}. */
const PASSING = 20;

/** How long is counted before the count is told and begins anew, in ms. */
const WINDOW = 10_000;

/** Lets some of each kind pass, and counts those behind them. Disposing of it tells the counts that are left. */
export class RepeatLimit implements Disposable {
  readonly #more: (kind: string, count: number) => void;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  readonly #timers = new Map<string, () => void>();

  /** @param more told how many of a kind did not pass, at the end of their time */
  constructor(more: (kind: string, count: number) => void, clock: Clock = systemClock) {
    this.#more = more;
    this.#clock = clock;
  }

  /** Whether one more of this kind may pass. There must not be many kinds. */
  pass(kind: string): boolean {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count === 1) this.#timers.set(kind, this.#clock.after(WINDOW, () => this.#tell(kind)));
    return count <= PASSING;
  }

  [Symbol.dispose](): void {
    for (const [kind, cancel] of this.#timers) {
      cancel();
      this.#tell(kind);
    }
  }

  #tell(kind: string): void {
    const more = (this.#counts.get(kind) ?? 0) - PASSING;
    this.#counts.delete(kind);
    this.#timers.delete(kind);
    if (more > 0) this.#more(kind, more);
  }
}
