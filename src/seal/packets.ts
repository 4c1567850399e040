/**
 * Sealed packets: `counter (8 bytes, highest first) ‖ ciphertext`.
 *
 * The counter counts transmissions and not messages: what is sent again has a new one, so that no two texts are ever
 * encrypted with the same nonce.
 *
 * @module
 */
import type { SessionKeys } from "./handshake.ts";
import { decrypt, encrypt, TAG_LENGTH } from "./primitives.ts";

const COUNTER_LENGTH = 8;
const LOW_HALF = 4;

/** How much longer a sealed packet is than what is in it, in bytes. */
export const OVERHEAD: number = COUNTER_LENGTH + TAG_LENGTH;

/** After so many packets in one direction a session needs new keys: a new handshake. */
export const MOST_PACKETS: number = 2 ** 32;

/** A packet may be this much older than the newest one; the broker may have them overtake each other. */
export const WINDOW = 1_024;

/** Both directions of a session that has its keys. */
export class Seal {
  readonly #keys: SessionKeys;
  readonly #associated: Uint8Array;
  readonly #seen = new ReplayWindow();
  #next = 0;

  /** @param name the session's name, which every packet belongs to */
  constructor(keys: SessionKeys, name: string) {
    this.#keys = keys;
    this.#associated = new TextEncoder().encode(name);
  }

  /** Whether no further packet may be sealed with these keys. */
  get exhausted(): boolean {
    return this.#next >= MOST_PACKETS;
  }

  /**
   * Seals a packet.
   *
   * @param plaintext in pieces, one behind the other
   * @throws {RangeError} when {@linkcode exhausted}
   */
  seal(...plaintext: readonly Uint8Array[]): Uint8Array {
    if (this.exhausted) throw new RangeError("The keys of this session have sealed as many packets as they may");
    const counter = this.#next++;
    const packet = encrypt(this.#keys.send, counter, this.#associated, plaintext, COUNTER_LENGTH);
    new DataView(packet.buffer).setUint32(LOW_HALF, counter); // the high half is 0, since MOST_PACKETS is 2^32
    return packet;
  }

  /** Opens a packet; `undefined` when it is not one of the peer's, or has come before. */
  open(packet: Uint8Array): Uint8Array | undefined {
    if (packet.length < OVERHEAD) return undefined;
    const view = new DataView(packet.buffer, packet.byteOffset);
    const counter = view.getUint32(0) * MOST_PACKETS + view.getUint32(LOW_HALF);
    if (!this.#seen.isNew(counter)) return undefined;
    const plaintext = decrypt(this.#keys.receive, counter, this.#associated, packet.subarray(COUNTER_LENGTH));
    if (plaintext !== undefined) this.#seen.add(counter);
    return plaintext;
  }
}

/** The counters that have come (RFC 6479, with a list instead of bits). */
class ReplayWindow {
  /** By counter modulo the window: the newest counter that has come there. */
  readonly #counters = new Float64Array(WINDOW).fill(-1);
  #highest = -1;

  isNew(counter: number): boolean {
    return counter < MOST_PACKETS && counter > this.#highest - WINDOW && this.#counters[counter % WINDOW] !== counter;
  }

  add(counter: number): void {
    this.#counters[counter % WINDOW] = counter;
    this.#highest = Math.max(this.#highest, counter);
  }
}
