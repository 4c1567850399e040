/**
 * Limiting the number of sessions.
 *
 * @module
 */

/** A session with a slot, whose client can be asked whether it is still there. */
export interface Occupant {
  /** When the last message passed in the session, in ms. */
  readonly quietSince: () => number;
  /** Asks the client. The session ends when it does not answer. */
  readonly doubt: () => void;
}

/** A number of sessions that several supervisors share. */
export class SessionSlots {
  readonly maximum: number;
  #used = 0;
  /** When each client was asked last, on the scale of `quietSince`. */
  readonly #occupants = new Map<Occupant, number>();

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** Takes a slot if one is free. Otherwise asks the quietest client, which may be gone. */
  take(): boolean {
    if (this.#used < this.maximum) {
      this.#used++;
      return true;
    }
    this.#doubtQuietest();
    return false;
  }

  /** The error for a client that gets no slot. */
  get full(): string {
    const all = this.maximum === 1
      ? "The one session that --max-sessions allows is"
      : `All ${this.maximum} sessions are`;
    return `${all} in use; try again later, or raise --max-sessions`;
  }

  /** Notes the session that has a slot. Returns a function that forgets it. */
  add(occupant: Occupant): () => void {
    this.#occupants.set(occupant, -Infinity);
    return () => void this.#occupants.delete(occupant);
  }

  /** Frees a slot. */
  release(): void {
    this.#used--;
  }

  /** Asks the quietest client. A client that is still there after that counts as if it had sent a message. */
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
