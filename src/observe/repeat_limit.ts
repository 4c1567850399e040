/**
 * Limiting repeated messages.
 *
 * @module
 */
import { type Clock, systemClock } from "../core/clock.ts";

/** How many of one kind pass within {@linkcode WINDOW}. */
const PASSING = 20;

/** After how many ms the count is reported and starts again. */
const WINDOW = 10_000;

/** Lets some of each kind pass, and counts the rest. Disposing of it reports the remaining counts. */
export class RepeatLimit implements Disposable {
  readonly #more: (kind: string, count: number) => void;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  readonly #timers = new Map<string, () => void>();

  /** @param more told how many of a kind did not pass, at the end of each window */
  constructor(more: (kind: string, count: number) => void, clock: Clock = systemClock) {
    this.#more = more;
    this.#clock = clock;
  }

  /** Whether one more of this kind may pass. The number of kinds must be small, since each has a counter. */
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
