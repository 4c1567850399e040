/**
 * How many sessions there may be.
 *
 * @module
 */

/** A number of sessions that several hosts share. */
export class SessionSlots {
  readonly maximum: number;
  #used = 0;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** Takes a slot, if there is one. */
  take(): boolean {
    if (this.#used >= this.maximum) return false;
    this.#used++;
    return true;
  }

  /** What whoever gets no slot is told. */
  get full(): string {
    const all = this.maximum === 1
      ? "The one session that --max-sessions allows is"
      : `All ${this.maximum} sessions are`;
    return `${all} in use; try again later, or raise --max-sessions`;
  }

  /** Gives a slot back. */
  release(): void {
    this.#used--;
  }
}
