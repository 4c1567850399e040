/**
 * Messages that have arrived in order and wait for their receiver, and how many more may come.
 *
 * @module
 */
import type { Arrival } from "./format.ts";
import type { StreamOptions } from "./frame.ts";

/** The least that a message counts for, in bytes. */
export const MESSAGE_COST = 1024;

/** How much may wait for the receiver, in bytes. The sender of this program stops before that. */
const CAPACITY = 8 * 1024 * 1024;

/**
 * What the peers of one connection may send without an acknowledgement, in packets. It waits in the queue that the broker
 * keeps for this connection, and the broker drops what does not fit: mosquitto by default beyond 1,000 messages.
 */
const ALL_PEERS = 800;

/** The most that one of them may send, and the least, in packets. */
const ONE_PEER = 512;
const EVERY_PEER = 4;

/** What one of so many peers may send without an acknowledgement, in packets. */
export function windowOf(peers: number): number {
  return Math.max(EVERY_PEER, Math.min(ONE_PEER, Math.floor(ALL_PEERS / Math.max(1, peers))));
}

/** Hands messages to their receiver in order. While the receiver works on one, those behind it wait here. */
export class ReceiveBuffer {
  readonly #ends: Pick<StreamOptions, "deliver" | "ended">;
  readonly #taken: () => void;
  #waiting: Arrival[] = [];
  #waitingBytes = 0;
  /** The number of the message that its receiver has not taken yet. */
  #delivering: number | undefined;

  /** @param taken called when the receiver has taken a message that it had made wait */
  constructor(ends: Pick<StreamOptions, "deliver" | "ended">, taken: () => void) {
    this.#ends = ends;
    this.#taken = taken;
  }

  /** Whether nothing more may be added until the receiver has taken something. */
  get full(): boolean {
    return this.#waitingBytes > CAPACITY;
  }

  /** The number of the first message that the receiver was not given. */
  get firstWaiting(): number | undefined {
    return this.#waiting[0]?.number;
  }

  /** The number of the first message that the receiver has not taken, whether it was given or not. */
  get firstUntaken(): number | undefined {
    return this.#delivering ?? this.firstWaiting;
  }

  /** Hands an arrival to the receiver, now or when the receiver has taken those before it. */
  add(arrival: Arrival): void {
    if (this.#delivering === undefined) return this.#handOn(arrival);
    arrival.message?.keep();
    this.#waiting.push(arrival);
    this.#waitingBytes += Math.max(arrival.cost, MESSAGE_COST);
  }

  /** Drops everything that waits. */
  clear(): void {
    this.#waiting = [];
  }

  #handOn({ message, number }: Arrival): void {
    if (message === undefined) return this.#ends.ended();
    const wait = this.#ends.deliver(message);
    if (wait === undefined) return;
    this.#delivering = number;
    void wait.then(() => this.#goOn());
  }

  #goOn(): void {
    this.#delivering = undefined;
    while (this.#delivering === undefined) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#waitingBytes -= Math.max(next.cost, MESSAGE_COST);
      this.#handOn(next);
    }
    this.#taken();
  }
}
