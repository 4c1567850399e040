/**
 * When a silent peer is asked which messages have arrived.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";

/** A peer that has acknowledged nothing for this long, in ms, is asked. */
const FIRST_DELAY = 1_000;

/** Each wait is twice as long as the one before, up to this, in ms. */
const LONGEST_DELAY = 10_000;

/** What a {@linkcode ProbeTimer} is made of. */
export interface ProbeOptions {
  /** Whether the peer owes an acknowledgement. If not, the timer stops. */
  readonly needed: () => boolean;
  /** Asks the peer. */
  readonly ask: () => void;
  readonly clock: Clock;
}

/** Asks the peer again and again, with growing waits, until it acknowledges something. */
export class ProbeTimer {
  readonly #options: ProbeOptions;
  #delay = FIRST_DELAY;
  #due = 0;
  #cancel: (() => void) | undefined;

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  /** Starts the timer, unless it runs. */
  start(): void {
    if (this.#cancel === undefined) this.restart();
  }

  /** Starts the timer from the beginning. */
  restart(): void {
    if (this.#delay > FIRST_DELAY) this.stop(); // it would fire too late
    this.#wait(FIRST_DELAY);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** A running timer is not restarted: to cancel it costs more than to let it fire too early. */
  #wait(delay: number): void {
    const { clock } = this.#options;
    this.#delay = delay;
    this.#due = clock.now() + delay;
    this.#cancel ??= clock.after(delay, () => this.#probe());
  }

  #probe(): void {
    const { clock, needed, ask } = this.#options;
    this.#cancel = undefined;
    if (!needed()) return;
    const left = this.#due - clock.now();
    if (left > 0) {
      this.#cancel = clock.after(left, () => this.#probe());
      return;
    }
    ask();
    this.#wait(Math.min(this.#delay * 2, LONGEST_DELAY));
  }
}
