/**
 * A host's channel that stays open for the last answers.
 *
 * @module
 */
import { requestsIn, responsesIn } from "../core/batch.ts";
import { type Channel, ChannelWrapper, type Receiver } from "../core/channel.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { waitAtMost } from "../core/waiting.ts";
import { Failure } from "../core/failure.ts";
import type { Message } from "../core/message.ts";
import { backstopOf, cancelledRequest, PendingRequests } from "../relay/mod.ts";

/**
 * Forwards all messages. When the host has ended its side, as in `printf … | server`, the end is delayed while requests
 * are unanswered. Requests that take longer than the time limit are answered with an error.
 */
export class LingeringChannel extends ChannelWrapper {
  override readonly closed: Promise<Failure | undefined>;
  readonly #unanswered: PendingRequests;
  readonly #closing = Promise.withResolvers<void>();
  #closed = false;

  /** @param timeout how long the end is held back, in ms */
  constructor(inner: Channel, timeout: number, clock: Clock = systemClock) {
    super(inner);
    this.#unanswered = new PendingRequests(clock, () => {});
    this.closed = inner.closed.then(async (failure) => {
      if (failure !== undefined) return failure; // the host cannot read answers any more
      await waitAtMost(Promise.race([this.#unanswered.allAnswered(), this.#closing.promise]), timeout, clock);
      this.#giveUp(timeout);
      return failure;
    });
  }

  override receive(receiver: Receiver): void {
    this.inner.receive((message) => {
      for (const request of requestsIn(message)) {
        if (!staysOpen(request)) this.#unanswered.add(request);
      }
      const cancelled = cancelledRequest(message);
      if (cancelled !== undefined) this.#unanswered.cancel(cancelled);
      return receiver(message);
    });
  }

  override send(message: Message): Promise<void> | void {
    if (this.#closed) return;
    const sent = this.inner.send(message);
    for (const response of responsesIn(message)) this.#unanswered.answer(response);
    return sent;
  }

  override close(reason?: Failure): Promise<void> {
    this.#closed = true;
    this.#closing.resolve();
    return this.inner.close(reason);
  }

  #giveUp(timeout: number): void {
    if (this.#closed) return;
    this.#closed = true;
    const text = `The host has ended its input, and no answer came within ${timeout / 1000} s after that`;
    for (const { id } of this.#unanswered.takeAll()) {
      void this.inner.send(new Failure("timed-out", text, { timeout }).toResponse(id));
    }
  }
}

/** Whether the answer to a request comes only at the end of the session, as for `subscriptions/listen`. */
function staysOpen({ method = "" }: Message): boolean {
  return backstopOf(method) === Infinity;
}
