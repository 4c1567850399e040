/**
 * A peer that may only have lost its connection.
 *
 * @module
 */
import type { Clock } from "../../../core/clock.ts";

/** Waits for a peer to come back. */
export class DisconnectTimer {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #over: () => void;
  #cancel: (() => void) | undefined;

  /**
   * @param limit how long the peer may be away, in ms
   * @param over called when it has been away for that long
   */
  constructor(clock: Clock, limit: number, over: () => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#over = over;
  }

  /**
   * There is a sign that the peer is gone.
   *
   * @returns whether it is the first one
   */
  begin(): boolean {
    if (this.#cancel !== undefined) return false;
    this.#cancel = this.#clock.after(this.#limit, () => {
      this.#cancel = undefined;
      this.#over();
    });
    return true;
  }

  /**
   * There is a sign of its life.
   *
   * @returns whether it had been away
   */
  end(): boolean {
    const away = this.#cancel !== undefined;
    this.#cancel?.();
    this.#cancel = undefined;
    return away;
  }
}
