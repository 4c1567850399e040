/**
 * The largest packet that gets through.
 *
 * A broker announces a limit in CONNACK. But some brokers drop packets below that limit, as mosquitto does beyond its
 * `message_size_limit`, and others close the connection because of them. So the real limit is learned as in
 * packetization layer path MTU discovery (RFC 4821): a message that is lost repeatedly is sent in smaller pieces.
 *
 * @module
 */
import type { Observer } from "../../../core/events.ts";

/** Any broker hands on this much, in bytes of payload. */
export const SMALLEST_LIMIT = 4 * 1024;

/** What is known of one connection's broker, for all sessions on that connection and however often it breaks. */
export class PathLimit {
  /** Smaller pieces are not tried, in bytes. */
  readonly smallest: number;
  readonly #observe: Observer;
  #maximum = Infinity;
  /** The size of the packet that was lost last, until somebody was told of it. */
  #lost: number | undefined;

  constructor(observe: Observer, smallest = SMALLEST_LIMIT) {
    this.smallest = smallest;
    this.#observe = observe;
  }

  /** The largest payload that may get through, in bytes. */
  get maximum(): number {
    return this.#maximum;
  }

  /**
   * A payload of so many bytes does not get through.
   *
   * @param divisor how much smaller the next one is to be
   * @returns whether smaller ones may get through
   */
  lost(bytes: number, divisor = 2): boolean {
    if (bytes <= this.smallest) return false;
    const smaller = Math.max(this.smallest, Math.floor(bytes / divisor));
    if (smaller < this.#maximum) {
      this.#maximum = smaller;
      this.#lost = bytes;
    }
    return true;
  }

  /** A packet has got through that was lost before it was cut. */
  passed(): void {
    if (this.#lost === undefined) return;
    const text = `the broker drops messages of ${this.#lost} bytes; from now on, they are sent in pieces of at most ` +
      `${this.#maximum}. To do so from the start, set --max-packet ${this.#maximum}; or raise the broker's own limit ` +
      "(mosquitto: message_size_limit)";
    this.#lost = undefined;
    this.#observe({ type: "warning", text });
  }
}
