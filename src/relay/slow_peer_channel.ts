/**
 * A channel whose peer may read slowly.
 *
 * @module
 */
import { type Channel, ChannelWrapper } from "../core/channel.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { waitAtMost } from "../core/waiting.ts";
import type { Message } from "../core/message.ts";

/** Passes everything through, and knows whether the peer still reads. */
export class SlowPeerChannel extends ChannelWrapper {
  readonly #clock: Clock;
  /** How many sent messages the peer has not taken yet. */
  #waiting = 0;
  #tookAt = -Infinity;

  constructor(inner: Channel, clock: Clock = systemClock) {
    super(inner);
    this.#clock = clock;
  }

  override send(message: Message): Promise<void> | void {
    const wait = this.inner.send(message);
    if (wait === undefined) return;
    this.#waiting++;
    return wait.then(() => {
      this.#waiting--;
      this.#tookAt = this.#clock.now();
    });
  }

  /** Waits for `work`, at most `limit` ms. While the peer reads slowly, the wait is extended. Never rejects. */
  async waitAtMost(work: Promise<unknown>, limit: number): Promise<void> {
    let ended = false;
    const end = work.then(() => ended = true, () => ended = true);
    do await waitAtMost(end, limit, this.#clock); while (!ended && this.#holdsUp(limit));
  }

  #holdsUp(limit: number): boolean {
    return this.#waiting > 0 || this.#clock.now() - this.#tookAt < limit;
  }
}
