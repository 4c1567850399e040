/**
 * A limit on how fast a server may send messages.
 *
 * @module
 */
import { type Channel, ChannelWrapper, type Receiver } from "../../../core/channel.ts";
import { type Clock, systemClock } from "../../../core/clock.ts";
import { sleep } from "../../../core/waiting.ts";

/** How many messages may come at once, and after that in each second. */
const BURST = 1_000;
const PER_SECOND = 200;

/**
 * Takes messages no faster than an honest server needs. Backpressure slows down a server that sends more, and no other.
 */
export class PacedChannel extends ChannelWrapper {
  readonly #clock: Clock;
  #left = BURST;
  #since: number;

  constructor(inner: Channel, clock: Clock = systemClock) {
    super(inner);
    this.#clock = clock;
    this.#since = clock.now();
  }

  override receive(receiver: Receiver): void {
    const ended = new AbortController();
    void this.closed.then(() => ended.abort());
    this.inner.receive((message) => {
      const wait = receiver(message);
      const now = this.#clock.now();
      this.#left = Math.min(BURST, this.#left + (now - this.#since) * PER_SECOND / 1_000) - 1;
      this.#since = now;
      if (this.#left >= 0) return wait;
      const pause = sleep(-this.#left * 1_000 / PER_SECOND, ended.signal, this.#clock).catch(() => {});
      return wait === undefined ? pause : wait.then(() => pause);
    });
  }
}
