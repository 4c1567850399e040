/**
 * Limiting the number of sessions.
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";

/** A session with a slot, whose client can be asked whether it is still there. */
export interface SlotHolder {
  /** When the last message passed in the session, in ms. */
  readonly quietSince: () => number;
  /** Asks the client. The session ends when it does not answer. */
  readonly doubt: () => void;
}

/** So long nobody is asked again, in ms: answers take time, and any number of clients may want a slot meanwhile. */
const PAUSE = 100;

/** A number of sessions that several supervisors share. */
export class SessionSlots {
  readonly #maximum: number;
  readonly #full: Failure;
  readonly #clock: Clock;
  #used = 0;
  /** When each client was asked last, on the scale of `quietSince`. */
  readonly #holders = new Map<SlotHolder, number>();
  #askedAt = -Infinity;

  constructor(maximum: number, clock: Clock = systemClock) {
    this.#maximum = maximum;
    this.#clock = clock;
    const all = maximum === 1 ? "The one session that --max-sessions allows is" : `All ${maximum} sessions are`;
    const text = `${all} in use; try again later, or raise --max-sessions`;
    this.#full = new Failure("too-many-sessions", text, { maximum });
  }

  /** Why no session can be opened: all slots are taken. Then the quietest client is asked, since it may be gone. */
  get unavailableReason(): Failure | undefined {
    if (this.#used < this.#maximum) return undefined;
    this.#doubtQuietest();
    return this.#full;
  }

  /** Takes a slot until `end` resolves. */
  take(end: Promise<unknown>): void {
    this.#used++;
    void end.then(() => this.#used--);
  }

  /** Notes the session that has a slot. Returns a function that forgets it. */
  add(holder: SlotHolder): () => void {
    this.#holders.set(holder, -Infinity);
    return () => void this.#holders.delete(holder);
  }

  /** Asks the quietest client. A client that is still there after that counts as if it had sent a message. */
  #doubtQuietest(): void {
    const now = this.#clock.now();
    if (now < this.#askedAt + PAUSE) return;
    this.#askedAt = now;
    const all = [...this.#holders].map(([holder, asked]) => ({
      holder,
      since: Math.max(asked, holder.quietSince()),
    }));
    const [quietest] = all.toSorted((a, b) => a.since - b.since);
    if (quietest === undefined) return;
    this.#holders.set(quietest.holder, Math.max(...all.map(({ since }) => since)) + 1);
    quietest.holder.doubt();
  }
}
