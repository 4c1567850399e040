/**
 * How many sessions there may be.
 *
 * @module
 */

/** A session that has a slot, and whose client can be asked whether it is still there. */
export interface Occupant {
  /** When something was said in it last, in ms. */
  readonly quietSince: () => number;
  /** Asks; the session ends when nobody answers. */
  readonly doubt: () => void;
}

/** A number of sessions that several hosts share. */
export class SessionSlots {
  readonly maximum: number;
  #used = 0;
  /** When each was asked last, in ms of `quietSince`. */
  readonly #occupants = new Map<Occupant, number>();

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** Takes a slot, if there is one; if not, somebody who has said nothing for long may be gone, and is asked. */
  take(): boolean {
    if (this.#used < this.maximum) {
      this.#used++;
      return true;
    }
    this.#doubtQuietest();
    return false;
  }

  /** What whoever gets no slot is told. */
  get full(): string {
    const all = this.maximum === 1
      ? "The one session that --max-sessions allows is"
      : `All ${this.maximum} sessions are`;
    return `${all} in use; try again later, or raise --max-sessions`;
  }

  /** Notes who has a slot. Returns what takes that back. */
  add(occupant: Occupant): () => void {
    this.#occupants.set(occupant, -Infinity);
    return () => void this.#occupants.delete(occupant);
  }

  /** Gives a slot back. */
  release(): void {
    this.#used--;
  }

  /** One who was asked and is still there is as good as one who has said something. */
  #doubtQuietest(): void {
    const all = [...this.#occupants].map(([occupant, asked]) => ({
      occupant,
      since: Math.max(asked, occupant.quietSince()),
    }));
    const [quietest] = all.toSorted((a, b) => a.since - b.since);
    if (quietest === undefined) return;
    this.#occupants.set(quietest.occupant, Math.max(...all.map(({ since }) => since)) + 1);
    quietest.occupant.doubt();
  }
}
