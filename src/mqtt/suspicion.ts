/**
 * Finding out over which packet a broker closes the connection.
 *
 * @module
 */

/** Reason codes by which a broker says that something in what it was sent made it close the connection. */
const BLAMING: readonly (number | undefined)[] = [
  0x81, // Malformed Packet
  0x82, // Protocol Error
  0x8f, // Topic Filter invalid
  0x90, // Topic Name invalid
  0x95, // Packet too large
  0x99, // Payload format invalid
];

/** Whether a broker that closed the connection with this reason code did so over something that it was sent. */
export function blamesPacket(reasonCode: number | undefined): boolean {
  return BLAMING.includes(reasonCode);
}

/** After this many connections in a row that were lost without a word, whatever was in flight is suspected. */
const LOSSES_BEFORE_SUSPICION = 2;

/** After this many, the one that was in flight alone is the culprit. */
const LOSSES_BEFORE_VERDICT = 3;

/** What nobody acknowledges may be the culprit as well: at most so many packets that come after it go out alone. */
const MOST_UNCONFIRMED = 512;

/**
 * What was in flight when a broker closed the connection over a packet is suspected: each suspect has to go out alone
 * the next time. One that was alone when the connection is closed again is the culprit, and all others are innocent.
 *
 * A broker may also close the connection without a word, as a network does. Then it takes one more loss to tell.
 */
export class Suspicion<T> {
  readonly #suspects = new Set<T>();
  /** How many packets have gone out on this connection that nobody acknowledges. */
  #unconfirmed = 0;
  /** How many more are suspected, whichever they are. */
  #unknown = 0;
  /** How many connections in a row were lost without anything having been acknowledged. */
  #losses = 0;

  /** Whether something has to go out alone, and be acknowledged before anything else goes out. */
  isSuspect(item: T): boolean {
    return this.#unknown > 0 || this.#suspects.has(item);
  }

  /** Whether whatever goes out has to be acknowledged. */
  get suspectsAll(): boolean {
    return this.#unknown > 0;
  }

  /** Something has gone out that will not be acknowledged. */
  sentUnconfirmed(): void {
    this.#unconfirmed++;
  }

  /** Something was acknowledged. */
  acknowledged(item: T): void {
    this.#losses = 0;
    if (this.#unknown > 0) this.#unknown--;
    this.forget(item);
  }

  /** Something is not sent any more. */
  forget(item: T): void {
    this.#suspects.delete(item);
  }

  /**
   * The connection is lost.
   *
   * @returns the culprit among what was in flight, if that is known now
   */
  lost(reasonCode: number | undefined, inFlight: readonly T[]): T | undefined {
    const blames = blamesPacket(reasonCode);
    const unconfirmed = Math.min(this.#unconfirmed, MOST_UNCONFIRMED);
    this.#unconfirmed = 0;
    if (inFlight.length > 0) this.#losses++;
    const [only] = inFlight;
    const alone = only !== undefined && inFlight.length === 1 && this.isSuspect(only);
    if (alone && (blames || this.#losses >= LOSSES_BEFORE_VERDICT)) {
      this.forget(only);
      this.#unknown = 0;
      this.#losses = 0;
      return only;
    }
    if (blames) this.#unknown = Math.max(this.#unknown, unconfirmed);
    if (blames || this.#losses >= LOSSES_BEFORE_SUSPICION) { for (const item of inFlight) this.#suspects.add(item); }
    return undefined;
  }
}
