/**
 * Noticing that a peer has fallen silent.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";

/** Waits for any sign of life, where one is due. */
export class Silence {
  readonly #clock: Clock;
  readonly #lasted: (limit: number) => void;
  #cancel: (() => void) | undefined;

  /** @param lasted told when nothing has come in time, with the time in ms */
  constructor(clock: Clock, lasted: (limit: number) => void) {
    this.#clock = clock;
    this.#lasted = lasted;
  }

  /** From now on something has to come within `limit` ms; a limit that is running already stays. */
  begin(limit: number): void {
    this.#cancel ??= this.#clock.after(limit, () => {
      this.#cancel = undefined;
      this.#lasted(limit);
    });
  }

  /** Something has come, or nobody waits any more. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
