/**
 * Limiting the requests of a client that reach its server.
 *
 * @module
 */
import { failureResponses, requestsIn } from "../../core/batch.ts";
import { type Channel, ChannelWrapper, type Receiver } from "../../core/channel.ts";
import { Failure } from "../../core/failure.ts";
import { invalidResponse } from "../../core/parse_error.ts";

/**
 * Forwards all messages except some requests: those beyond the limit of unanswered requests, and those after
 * {@linkcode refuse}. They are answered with an error here, so that the client knows that they did not run.
 */
export class SessionGate extends ChannelWrapper {
  readonly #pending: () => number;
  readonly #maximum: number;
  #refusal: Failure | undefined;

  /**
   * @param pending how many requests of this client the server has not answered
   * @param maximum how many of them there may be
   */
  constructor(inner: Channel, pending: () => number, maximum: number) {
    super(inner);
    this.#pending = pending;
    this.#maximum = maximum;
  }

  /** From now on, answers every request with `failure`. */
  refuse(failure: Failure): void {
    this.#refusal = failure;
  }

  override receive(receiver: Receiver): void {
    this.inner.receive((message) => {
      if (message.kind === "response" || message.kind === "notification") return receiver(message);
      const requests = requestsIn(message);
      const answer = requests.length > this.#maximum ? invalidResponse(message) : undefined;
      if (answer !== undefined) return this.inner.send(answer);
      const failure = requests.length === 0 ? undefined : this.#refusal ?? this.#tooMany(requests.length);
      if (failure === undefined) return receiver(message);
      const [first, ...others] = failureResponses(failure, requests);
      for (const other of others) void this.inner.send(other);
      return first && this.inner.send(first);
    });
  }

  #tooMany(more: number): Failure | undefined {
    if (this.#pending() + more <= this.#maximum) return undefined;
    const text = `${this.#maximum} requests of this session wait for their answers; no more are taken (--max-pending)`;
    return new Failure("too-many-pending", text, { maximum: this.#maximum });
  }
}
