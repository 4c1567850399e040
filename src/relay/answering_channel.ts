/**
 * A channel through which every request gets exactly one answer.
 *
 * @module
 */
import type { Channel, Receiver } from "../core/channel.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import type { Message } from "../core/message.ts";
import { cancelledRequestId, PROGRESS } from "./mcp.ts";
import { type PendingRequest, PendingRequests } from "./pending_requests.ts";

/** How an {@linkcode AnsweringChannel} behaves. */
export interface AnsweringOptions {
  /** How long a request of this method may take without a sign of progress, in ms. @default {() => Infinity} */
  readonly timeout?: (method: string) => number;
  /** Told of each request that was answered here instead of by the peer. */
  readonly failed?: (request: PendingRequest, failure: Failure) => void;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/**
 * Wraps a channel. When it ends, or a request takes too long, the requests that were sent into it are answered
 * with a JSON-RPC error; an answer that comes after that is dropped.
 */
export class AnsweringChannel implements Channel {
  readonly closed: Promise<Failure | undefined>;
  readonly #inner: Channel;
  readonly #options: AnsweringOptions;
  readonly #pending: PendingRequests;
  #receiver: Receiver = () => {};

  constructor(inner: Channel, options: AnsweringOptions = {}) {
    this.#inner = inner;
    this.#options = options;
    this.#pending = new PendingRequests(options.clock ?? systemClock, (request) => this.#expire(request));
    this.closed = inner.closed.then((failure) => {
      this.#answerAll(failure ?? new Failure("session-ended", "The session ended before the server answered"));
      return failure;
    });
  }

  receive(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#inner.receive((message) => {
      if (message.method === PROGRESS) this.#pending.extend();
      if (message.kind !== "response" || this.#pending.settle(message)) return receiver(message);
    });
  }

  send(message: Message): Promise<void> | void {
    if (message.kind === "request") {
      this.#pending.add(message, this.#options.timeout?.(message.method ?? ""));
    } else {
      const cancelled = cancelledRequestId(message);
      if (cancelled !== undefined) this.#pending.cancel(cancelled);
    }
    return this.#inner.send(message);
  }

  close(reason?: Failure): Promise<void> {
    return this.#inner.close(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Resolves when every request has its answer. */
  settled(): Promise<void> {
    return this.#pending.allSettled();
  }

  #answerAll(failure: Failure): void {
    for (const request of this.#pending.takeAll()) this.#answer(request, failure);
  }

  #expire(request: PendingRequest): void {
    const seconds = request.timeout / 1000;
    this.#answer(
      request,
      new Failure("timed-out", `The server did not answer "${request.method}" within ${seconds} s`, {
        timeout: request.timeout,
      }),
    );
  }

  #answer(request: PendingRequest, failure: Failure): void {
    this.#options.failed?.(request, failure);
    void this.#receiver(failure.toResponse(request.id));
  }
}
