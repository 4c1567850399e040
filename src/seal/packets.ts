/**
 * Sealed packets: `counter (8 bytes, big-endian) ‖ ciphertext`.
 *
 * The counter counts transmissions, not messages. A message that is sent again gets a new counter, so no nonce is ever
 * used twice.
 *
 * @module
 */
import type { SessionKeys } from "./handshake.ts";
import { decrypt, encrypt, TAG_LENGTH } from "./primitives.ts";

const COUNTER_LENGTH = 8;
const LOW_HALF = 4;

/** How many bytes longer a sealed packet is than its plaintext. */
export const OVERHEAD: number = COUNTER_LENGTH + TAG_LENGTH;

/** The most packets that one key may seal in one direction. After that, the session needs a new handshake. */
export const MOST_PACKETS: number = 2 ** 32;

/** How much older than the newest packet a packet may be: a broker may deliver packets out of order. */
export const WINDOW = 1_024;

/** Seals and opens the packets of a session that has its keys. */
export class Seal {
  readonly #keys: SessionKeys;
  readonly #associated: Uint8Array;
  readonly #seen = new ReplayWindow();
  #next = 0;

  /** @param name the session's name, which is authenticated with every packet */
  constructor(keys: SessionKeys, name: string) {
    this.#keys = keys;
    this.#associated = new TextEncoder().encode(name);
  }

  /** Whether these keys have sealed as many packets as they may. */
  get exhausted(): boolean {
    return this.#next >= MOST_PACKETS;
  }

  /**
   * Seals a packet.
   *
   * @param plaintext in pieces, to be concatenated
   * @throws {RangeError} when {@linkcode exhausted}
   */
  seal(...plaintext: readonly Uint8Array[]): Uint8Array {
    if (this.exhausted) throw new RangeError("The keys of this session have sealed as many packets as they may");
    const counter = this.#next++;
    const packet = encrypt(this.#keys.send, counter, this.#associated, plaintext, COUNTER_LENGTH);
    new DataView(packet.buffer).setUint32(LOW_HALF, counter); // the high half is 0, since MOST_PACKETS is 2^32
    return packet;
  }

  /** Opens a packet; `undefined` when it is not from the peer, or is a replay. */
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

/** The counters that have been received (RFC 6479, with a list instead of a bitmap). */
class ReplayWindow {
  /** The newest counter that was received in each slot; a slot is the counter modulo the window size. */
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
