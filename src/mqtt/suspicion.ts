/**
 * Finding the packet that makes a broker close the connection.
 *
 * @module
 */

/** Reason codes that blame a packet for the end of a connection. */
const BLAMING: readonly (number | undefined)[] = [
  0x81, // Malformed Packet
  0x82, // Protocol Error
  0x8f, // Topic Filter invalid
  0x90, // Topic Name invalid
  0x95, // Packet too large
  0x99, // Payload format invalid
];

/** Whether this reason code blames a packet for the end of the connection. */
export function blamesPacket(reasonCode: number | undefined): boolean {
  return BLAMING.includes(reasonCode);
}

/** After this many connections in a row that ended without a reason code, all unacknowledged packets are suspected. */
const LOSSES_BEFORE_SUSPICION = 2;

/** After this many, a packet that was unacknowledged alone is the culprit. */
const LOSSES_BEFORE_VERDICT = 3;

/**
 * A packet without acknowledgement may be the culprit too. So up to this many of the following packets are sent alone.
 */
const MOST_UNCONFIRMED = 512;

/**
 * When a broker closes the connection over a packet, all unacknowledged packets are suspected. Each suspect is sent
 * alone the next time. If the connection is closed again then, it is the culprit, and all others are innocent.
 *
 * A broker may also close the connection without a reason code, which a failed network does too. Then one more loss is
 * needed.
 */
export class Suspicion<T> {
  readonly #suspects = new Set<T>();
  /** How many packets without acknowledgement were sent on this connection. */
  #unconfirmed = 0;
  /** How many of the next packets are suspected, whichever they are. */
  #unknown = 0;
  /** How many connections in a row were lost before anything was acknowledged. */
  #losses = 0;

  /** Whether this packet has to be sent alone, and be acknowledged before another is sent. */
  isSuspect(item: T): boolean {
    return this.#unknown > 0 || this.#suspects.has(item);
  }

  /** Whether every packet has to be acknowledged. */
  get suspectsAll(): boolean {
    return this.#unknown > 0;
  }

  /** A packet without acknowledgement was sent. */
  sentUnconfirmed(): void {
    this.#unconfirmed++;
  }

  /** A packet was acknowledged. */
  acknowledged(item: T): void {
    this.#losses = 0;
    if (this.#unknown > 0) this.#unknown--;
    this.forget(item);
  }

  /** A packet will not be sent any more. */
  forget(item: T): void {
    this.#suspects.delete(item);
  }

  /**
   * The connection is lost.
   *
   * @returns the culprit among the unacknowledged packets, if it is known now
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
