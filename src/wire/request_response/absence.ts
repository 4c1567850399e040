/**
 * A peer that may only have lost its connection.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";

/** How long a client may be away before its session ends, in ms: longer than it goes on waiting for the broker. */
export const CLIENT_ABSENCE = 15_000;

/** How long a server may be away before its sessions end, in ms. Somebody waits for its answers. */
export const SERVER_ABSENCE = 5_000;

/** Waits for a peer to come back. */
export class Absence {
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
