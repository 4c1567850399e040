/**
 * Delivering one message to several subscriptions that match it.
 *
 * MQTT leaves it to the broker whether a client with overlapping subscriptions gets one copy of a message, or one for
 * each subscription (MQTT 5.0, section 3.3.4). Subscription Identifiers settle that only if a single copy names all
 * matching subscriptions. aedes 2.0.0-beta.1 sends a single copy that names one of them. mosquitto 2.0 sends a copy for
 * each. So the number of copies decides.
 *
 * @module
 */
import type { ReceivedPacket } from "../../mqtt/mod.ts";
import { costOf } from "./message_buffer.ts";

/** A subscription that may match. */
export interface Candidate<M extends ReceivedPacket = ReceivedPacket> {
  readonly identifier: number;
  /** Whether the broker has acknowledged it. */
  readonly acknowledged: boolean;
  /** Takes a message. */
  deliver(packet: M): void;
}

/** How many copies a broker sends of a message that several subscriptions match. */
type Copies = "unknown" | "one" | "each";

interface Held<M, C> {
  readonly packet: M;
  readonly candidates: readonly C[];
}

/** How many messages may wait for a round trip. When there are more, they are delivered by what is known so far. */
const LONGEST_WAIT = 10_000;

/**
 * How many bytes of messages may wait for a round trip. When there are more, they are delivered by what is known so
 * far.
 */
const MOST_BYTES = 4 * 1024 * 1024;

/** Hands each message once to every matching subscription, however many copies the broker sends. */
export class Overlaps<C extends Candidate<M>, M extends ReceivedPacket = ReceivedPacket> {
  readonly #roundTrip: () => Promise<void>;
  #copies: Copies = "unknown";
  #held: Held<M, C>[] = [];
  #heldBytes = 0;
  #previous: M | undefined;
  #generation = 0;

  /** @param roundTrip resolves when everything that the broker has sent so far must have arrived */
  constructor(roundTrip: () => Promise<void>) {
    this.#roundTrip = roundTrip;
  }

  /** Takes a message with all subscriptions whose filters match its topic. */
  receive(packet: M, candidates: readonly C[]): void {
    if (this.#held.length > 0) {
      this.#hold(packet, candidates);
      if (this.#held.length > LONGEST_WAIT || this.#heldBytes > MOST_BYTES) this.#release(this.#copies);
    } else if (this.#copies === "unknown" && isAmbiguous(packet, candidates)) {
      this.#hold(packet, candidates);
      void this.#learn(candidates.every(({ acknowledged }) => acknowledged));
    } else {
      this.#hand(packet, candidates, this.#copies);
    }
  }

  /** Forgets what is known of the broker: the next connection may be to another one. */
  reset(): void {
    this.#release(this.#copies);
    this.#copies = "unknown";
    this.#previous = undefined;
  }

  /** @param conclusive whether every subscription was in force, so that a missing copy means something */
  async #learn(conclusive: boolean): Promise<void> {
    const generation = this.#generation;
    await this.#roundTrip().catch(() => {});
    if (generation !== this.#generation) return;
    const [first, ...rest] = this.#held;
    const copied = first !== undefined && rest.some(({ packet }) => isCopy(first.packet, packet));
    if (copied) this.#copies = "each";
    else if (conclusive) this.#copies = "one";
    this.#release(copied ? "each" : "one");
  }

  #hold(packet: M, candidates: readonly C[]): void {
    this.#held.push({ packet, candidates });
    this.#heldBytes += costOf(packet);
  }

  #release(copies: Copies): void {
    this.#generation++;
    this.#heldBytes = 0;
    for (const { packet, candidates } of this.#held.splice(0)) this.#hand(packet, candidates, copies);
  }

  #hand(packet: M, candidates: readonly C[], copies: Copies): void {
    const previous = this.#previous;
    this.#previous = packet;
    const named = candidates.filter(({ identifier }) => packet.subscriptionIdentifiers?.includes(identifier));
    if (copies !== "one" && named.length > 0) {
      for (const candidate of named) candidate.deliver(packet);
    } else if (previous !== undefined && isCopy(previous, packet)) {
      // This copy came too late to learn from it in time: every subscription has the message already.
      this.#copies = "each";
    } else {
      for (const candidate of candidates) candidate.deliver(packet);
    }
  }
}

/** Whether a message names some of the subscriptions that match it, but not all. */
function isAmbiguous({ subscriptionIdentifiers }: ReceivedPacket, candidates: readonly Candidate<never>[]): boolean {
  if (subscriptionIdentifiers === undefined || candidates.length < 2) return false;
  const named = candidates.filter(({ identifier }) => subscriptionIdentifiers.includes(identifier));
  return named.length > 0 && named.length < candidates.length;
}

/** Whether two packets carry the same message for different subscriptions. */
function isCopy(one: ReceivedPacket, other: ReceivedPacket): boolean {
  const [a, b] = [one.subscriptionIdentifiers, other.subscriptionIdentifiers];
  if (one.topic !== other.topic || a === undefined || b === undefined) return false;
  if (a.some((identifier) => b.includes(identifier)) || one.payload.length !== other.payload.length) return false;
  return one.payload.every((byte, index) => byte === other.payload[index]);
}
