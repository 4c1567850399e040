/**
 * A channel through which every request gets exactly one answer.
 *
 * @module
 */
import { requestsIn, responsesIn } from "../core/batch.ts";
import { type Channel, ChannelWrapper, type Receiver } from "../core/channel.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Observer } from "../core/events.ts";
import { Failure } from "../core/failure.ts";
import type { Message } from "../core/message.ts";
import { invalidResponse } from "../core/parse_error.ts";
import { cancellation, cancelledRequest, INITIALIZE, progressToken } from "./mcp.ts";
import { type PendingRequest, PendingRequests } from "./pending_requests.ts";
import { errorIn, traceOf } from "./tracing.ts";

/** How an {@linkcode AnsweringChannel} behaves. */
export interface AnsweringOptions {
  /**
   * The timeout of a request that the user has set, in ms. A progress notification restarts it if its progress token is
   * the id of the request, as the MCP SDKs have it.
   */
  readonly timeout?: number | undefined;
  /**
   * The timeout of a request of this method, in ms, on a channel that is not {@linkcode Channel.watched} and without a
   * {@linkcode timeout}. It is restarted by each progress notification, and when all requests of the peer are answered.
   * @default {() => Infinity}
   */
  readonly backstop?: (method: string) => number;
  /** Told of each request that was answered here with an error. */
  readonly failed?: (request: Pick<PendingRequest, "method">, failure: Failure) => void;
  /**
   * Asked for each request that the peer certainly never saw, when the channel ends. Returns whether the request will
   * be sent elsewhere. If so, it is not answered here. @default {() => false}
   */
  readonly takeBack?: (request: Message) => boolean;
  /** Told when each request starts and ends. */
  readonly observe?: Observer | undefined;
  /** Whether these events carry the trace context, which takes reading the request. @default {false} */
  readonly traced?: boolean;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/**
 * Wraps a channel. A request that takes too long is answered with a JSON-RPC error, and so is every pending request
 * when the channel ends. A second answer to a request is dropped, wherever it comes from.
 */
export class AnsweringChannel extends ChannelWrapper {
  override readonly closed: Promise<Failure | undefined>;
  readonly #options: AnsweringOptions;
  readonly #pending: PendingRequests;
  /** The pending requests of the peer. */
  readonly #asked: PendingRequests;
  #receiver: Receiver = () => {};
  #end: Failure | undefined;
  #inputEnded = false;

  constructor(inner: Channel, options: AnsweringOptions = {}) {
    super(inner);
    this.#options = options;
    const { clock = systemClock, observe } = options;
    this.#pending = new PendingRequests(
      clock,
      (request) => this.#expire(request),
      observe && ((request, end) => {
        if (end === "unanswered") return; // #answer tells of these, with the reason
        this.#tellEnd(request, options.traced && end !== "cancelled" ? errorIn(end, request.method) : undefined);
      }),
      (request) => this.#moreTime(request),
    );
    this.#asked = new PendingRequests(clock, () => {});
    this.closed = inner.closed.then((failure) => {
      this.#end = failure ?? new Failure("session-ended", "The session ended before the server answered");
      this.#giveBack();
      // A server may exit after the end of its input: then no answer is missing.
      if (this.#inputEnded && isOrderly(failure)) this.#pending.takeAll();
      else this.#answerAll(this.#end);
      return failure;
    });
  }

  /** Whether the channel has ended, so that a message sent now would not be carried. */
  override get ended(): boolean {
    return this.#end !== undefined || this.inner.ended === true;
  }

  override async end(): Promise<boolean> {
    this.#inputEnded = await this.inner.end?.() ?? false;
    return this.#inputEnded;
  }

  override receive(receiver: Receiver): void {
    this.#receiver = receiver;
    this.inner.receive((message) => {
      if (message.kind === "invalid") return this.#refuse(message, (answer) => this.inner.send(answer));
      if (!this.#passes(message)) return;
      const token = progressToken(message);
      if (token !== undefined) this.#pending.extend(token);
      this.#noteQuestion(message);
      return receiver(message);
    });
  }

  override send(message: Message): Promise<void> | void {
    if (message.kind === "invalid") return this.#refuse(message, this.#receiver);
    if (message.kind === "response") {
      this.#noteAnswer(message);
    } else if (message.kind === "request" || message.kind === "other") {
      if (message.kind === "request") {
        this.#add(message);
      } else {
        this.#noteAnswer(message);
        requestsIn(message).forEach((request) => this.#add(request));
      }
      if (this.#end !== undefined) return this.#answerAll(this.#end);
    } else {
      const cancelled = cancelledRequest(message);
      if (cancelled !== undefined) this.#pending.cancel(cancelled);
    }
    return this.inner.send(message);
  }

  /** Answers an invalid request. An invalid response is dropped: it cannot belong to a request of ours. */
  #refuse(message: Message, answer: Receiver): Promise<void> | void {
    const refusal = invalidResponse(message);
    return refusal && answer(refusal);
  }

  /** Whether to hand on a message of the peer. Not if all requests that it answers already have their answers. */
  #passes(message: Message): boolean {
    if (message.kind === "response") return this.#pending.answer(message);
    if (message.kind !== "other") return true;
    const responses = responsesIn(message).map((response) => this.#pending.answer(response));
    return responses.length === 0 || responses.includes(true);
  }

  #add(request: Message): void {
    const { method = "" } = request;
    const { observe } = this.#options;
    // A request with the id of another pending one ends together with it, and so is not reported again.
    if (observe !== undefined && !this.#pending.has(request.key)) observe({ type: "request.started", method });
    const traced = observe !== undefined && this.#options.traced === true;
    this.#pending.add(request, this.#timeoutOf(method), traced ? traceOf(request) : undefined);
  }

  #timeoutOf(method: string): number {
    const { timeout, backstop } = this.#options;
    return timeout ?? (this.watched ? Infinity : backstop?.(method) ?? Infinity);
  }

  /** More time for a request while the server waits for the user, whom it has asked something. */
  #moreTime({ timeout }: PendingRequest): number {
    if (this.#options.timeout !== undefined) return 0;
    if (this.watched) return Infinity; // this may not have been known when the request was sent
    return this.#asked.size > 0 ? timeout : 0;
  }

  #noteQuestion(message: Message): void {
    for (const request of requestsIn(message)) this.#asked.add(request);
    const cancelled = cancelledRequest(message);
    if (cancelled !== undefined) this.#asked.cancel(cancelled);
  }

  #noteAnswer(message: Message): void {
    if (this.#asked.size === 0) return;
    for (const response of responsesIn(message)) this.#asked.answer(response);
    if (this.#asked.size === 0 && this.#options.timeout === undefined) this.#pending.extend();
  }

  /** How many requests to the peer are pending. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Whether a request is pending in either direction. */
  get busy(): boolean {
    return this.#pending.size > 0 || this.#asked.size > 0;
  }

  /** Resolves when no request to the peer is pending. */
  allAnswered(): Promise<void> {
    return this.#pending.allAnswered();
  }

  /** Resolves when no request is pending in either direction. */
  async idle(): Promise<void> {
    while (this.busy) await Promise.all([this.#pending.allAnswered(), this.#asked.allAnswered()]);
  }

  #giveBack(): void {
    const { takeBack } = this.#options;
    if (takeBack === undefined) return;
    for (const request of this.inner.unseen?.() ?? []) {
      if (!this.#pending.has(request.key)) continue;
      if (takeBack(request)) this.#pending.cancel(request.key);
    }
  }

  #answerAll(failure: Failure): void {
    for (const request of this.#pending.takeAll()) this.#answer(request, failure);
  }

  #expire(request: PendingRequest): void {
    const seconds = request.timeout / 1000;
    // MCP 2025-11-25, "Cancellation": initialize must not be cancelled.
    if (request.method !== INITIALIZE) void this.inner.send(cancellation(request.id, "It took too long"));
    const why = this.silentLoss === undefined ? "" : `. ${this.silentLoss}`;
    const text = `The server did not answer "${request.method}" within ${seconds} s${why}`;
    this.#answer(request, new Failure("timed-out", text, { timeout: request.timeout }));
  }

  #tellEnd({ method, since, trace }: PendingRequest, reason?: string): void {
    const { observe, clock = systemClock } = this.#options;
    observe?.({
      type: "request.ended",
      method,
      duration: clock.now() - since,
      ...(reason === undefined ? {} : { reason }),
      ...trace,
    });
  }

  #answer(request: PendingRequest, failure: Failure): void {
    this.#tellEnd(request, failure.reason);
    this.#options.failed?.(request, failure);
    void this.#receiver(failure.toResponse(request.id));
  }
}

/** Whether the session ended in an orderly way, or the server process exited by itself. */
function isOrderly(failure: Failure | undefined): boolean {
  return failure === undefined || failure.reason === "session-ended" || failure.reason === "child-exited";
}
