/**
 * Closing idle channels.
 *
 * @module
 */
import { type Channel, ChannelWrapper, type Receiver } from "../../core/channel.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import type { Message } from "../../core/message.ts";
import type { IncomingSession } from "../../wire/mod.ts";

/** The default time limit, in ms, for clients that may disappear without notice. */
const WITHOUT_WILL = 3_600_000;

/** The default time limit for an idle session, in ms. It is infinite if the broker reports when the client is gone. */
export function defaultIdleTimeout({ hasWill = false }: Pick<IncomingSession, "hasWill">): number {
  return hasWill ? Infinity : WITHOUT_WILL;
}

/**
 * Forwards all messages. Closes the channel when no message has passed in either direction for too long and no request
 * is unanswered.
 */
export class IdleWatch extends ChannelWrapper {
  readonly #limit: number;
  readonly #busy: () => boolean;
  readonly #clock: Clock;
  #lastMessage: number;
  #cancelTimer: (() => void) | undefined;

  /**
   * @param limit how long nothing may happen, in ms; `Infinity` for no limit
   * @param busy whether somebody waits for an answer
   */
  constructor(inner: Channel, limit: number, busy: () => boolean, clock: Clock = systemClock) {
    super(inner);
    this.#limit = limit;
    this.#busy = busy;
    this.#clock = clock;
    this.#lastMessage = clock.now();
    if (Number.isFinite(limit)) {
      this.#arm(limit);
      void this.closed.then(() => this.#cancelTimer?.());
    }
  }

  /** When the last message passed, in ms of the clock. */
  get quietSince(): number {
    return this.#lastMessage;
  }

  override receive(receiver: Receiver): void {
    this.inner.receive((message) => {
      this.#lastMessage = this.#clock.now();
      return receiver(message);
    });
  }

  override send(message: Message): Promise<void> | void {
    this.#lastMessage = this.#clock.now();
    return this.inner.send(message);
  }

  #arm(delay: number): void {
    this.#cancelTimer = this.#clock.after(delay, () => {
      const left = this.#lastMessage + this.#limit - this.#clock.now();
      if (left > 0) return this.#arm(left);
      if (this.#busy()) return this.#arm(this.#limit);
      const text = `The session was idle for ${this.#limit / 1000} s (--idle-timeout)`;
      void this.close(new Failure("session-ended", text));
    });
  }
}
