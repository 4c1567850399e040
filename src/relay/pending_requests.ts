/**
 * The requests that wait for their responses.
 *
 * @module
 */
import type { Clock } from "../core/clock.ts";
import type { RequestKey } from "../core/json_rpc.ts";
import type { Message } from "../core/message.ts";
import type { RequestTrace } from "./tracing.ts";

/** A request that waits for its response. */
export interface PendingRequest {
  readonly key: RequestKey;
  /** Its `id`, as the JSON text that was sent. */
  readonly id: string;
  readonly method: string;
  /** When it was sent, in ms of the clock. */
  readonly since: number;
  /** How long it may take, in ms. */
  readonly timeout: number;
  /** Its trace context, when requests are traced. */
  readonly trace: RequestTrace | undefined;
  deadline: number;
  /** How many answers are outstanding. More than one only if the sender uses one id for several requests at a time. */
  answers: number;
}

/** How a request has ended: with this response, or without one. */
export type RequestEnd = Message | "cancelled" | "unanswered";

/** How many answered requests are remembered, to recognise a second answer. */
const REMEMBERED_ANSWERS = 1_000;

/**
 * The pending requests of one direction. Each ends exactly once: by its response, its cancellation or its timeout, or
 * when all are taken at the end.
 */
export class PendingRequests {
  readonly #clock: Clock;
  readonly #expired: (request: PendingRequest) => void;
  readonly #ended: (request: PendingRequest, end: RequestEnd) => void;
  readonly #more: (request: PendingRequest) => number;
  readonly #requests = new Map<RequestKey, PendingRequest>();
  readonly #answered = new AnsweredRequests();
  #cancelTimer: (() => void) | undefined;
  #timerDue = Infinity;
  #empty: PromiseWithResolvers<void> | undefined;

  /**
   * @param expired called for each request that has timed out, after it was removed
   * @param ended called for each request that is no longer pending
   * @param more asked for each request that would time out: how much more time it gets, in ms
   */
  constructor(
    clock: Clock,
    expired: (request: PendingRequest) => void,
    ended: (request: PendingRequest, end: RequestEnd) => void = () => {},
    more: (request: PendingRequest) => number = () => 0,
  ) {
    this.#clock = clock;
    this.#expired = expired;
    this.#ended = ended;
    this.#more = more;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** Notes a request. `timeout` is in ms; `Infinity` for none. */
  add(message: Message, timeout = Infinity, trace?: RequestTrace): void {
    const { id, key, method = "" } = message;
    if (id === undefined || key === undefined) return;
    const since = this.#clock.now();
    const deadline = since + timeout;
    const answers = 1 + (this.#requests.get(key)?.answers ?? 0);
    this.#requests.set(key, { key, id, method, since, timeout, trace, deadline, answers });
    if (deadline < this.#timerDue) this.#arm(deadline);
  }

  /**
   * Notes a response.
   *
   * @returns whether to pass it on; not if its request already has an answer
   */
  answer(response: Message): boolean {
    const { key } = response;
    if (key === undefined) return true;
    const request = this.#requests.get(key);
    if (request === undefined) return !this.#answered.has(key);
    if (--request.answers === 0) {
      this.#remove(key, response);
      this.#answered.add(key);
    }
    return true;
  }

  /** Whether a request with this key waits for its response. */
  has(key: RequestKey | undefined): boolean {
    return key !== undefined && this.#requests.has(key);
  }

  /** Stops waiting for a request that its sender has cancelled. An answer that still comes is passed on. */
  cancel(key: RequestKey | undefined): void {
    if (key === undefined || !this.#requests.has(key)) return;
    this.#remove(key, "cancelled");
    this.#answered.delete(key); // an earlier request may have had the same id
  }

  /**
   * Restarts the timeout of the request with this key, or of all requests if there is none. The MCP SDKs use the
   * request's id as its progress token. Any other token tells only that the peer is at work.
   */
  extend(token?: RequestKey): void {
    const now = this.#clock.now();
    const known = token === undefined ? undefined : this.#requests.get(token);
    for (const request of known === undefined ? this.#requests.values() : [known]) {
      request.deadline = now + request.timeout;
    }
  }

  /** Removes and returns all requests, in the order in which they were sent. */
  takeAll(): PendingRequest[] {
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of requests) {
      this.#answered.add(request.key);
      this.#ended(request, "unanswered");
    }
    this.#afterRemoval();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerDue = Infinity;
    return requests;
  }

  /** Resolves when no request is pending. */
  allAnswered(): Promise<void> {
    if (this.#requests.size === 0) return Promise.resolve();
    return (this.#empty ??= Promise.withResolvers<void>()).promise;
  }

  #remove(key: RequestKey, end: RequestEnd): void {
    const request = this.#requests.get(key);
    if (request === undefined) return;
    this.#requests.delete(key);
    this.#ended(request, end);
    this.#afterRemoval();
  }

  #afterRemoval(): void {
    if (this.#requests.size > 0) return;
    this.#empty?.resolve();
    this.#empty = undefined;
  }

  /** Starts the timer. It keeps running when no request needs it any more, because the next request will. */
  #arm(deadline: number): void {
    this.#cancelTimer?.();
    this.#timerDue = deadline;
    this.#cancelTimer = this.#clock.after(Math.max(0, deadline - this.#clock.now()), () => this.#expire());
  }

  #expire(): void {
    this.#timerDue = Infinity;
    this.#cancelTimer = undefined;
    const now = this.#clock.now();
    let next = Infinity;
    for (const [key, request] of this.#requests) {
      if (request.deadline <= now) request.deadline = now + this.#more(request);
      if (request.deadline > now) {
        next = Math.min(next, request.deadline);
      } else {
        this.#requests.delete(key);
        this.#answered.add(key);
        this.#ended(request, "unanswered");
        this.#expired(request);
      }
    }
    if (next < Infinity) this.#arm(next);
    if (this.#requests.size === 0) this.#afterRemoval();
  }
}

/**
 * The requests that were answered lately. Adding one has to be cheap. Finding one may be slow: only a response without
 * a pending request is looked up.
 */
class AnsweredRequests {
  readonly #keys: (RequestKey | undefined)[] = new Array(REMEMBERED_ANSWERS).fill(undefined);
  #next = 0;

  add(key: RequestKey): void {
    this.#keys[this.#next] = key;
    this.#next = (this.#next + 1) % REMEMBERED_ANSWERS;
  }

  has(key: RequestKey): boolean {
    return this.#keys.includes(key);
  }

  delete(key: RequestKey): void {
    for (let index = this.#keys.indexOf(key); index >= 0; index = this.#keys.indexOf(key)) {
      this.#keys[index] = undefined;
    }
  }
}
