/**
 * The requests that wait for their responses.
 *
 * @module
 */
import type { Clock } from "../core/clock.ts";
import { idKey } from "../core/json_rpc.ts";
import type { Message } from "../core/message.ts";

/** A request that waits for its response. */
export interface PendingRequest {
  /** Its `id`, as the JSON text that was sent. */
  readonly id: string;
  readonly method: string;
  /** When it was sent, in ms of the clock. */
  readonly since: number;
  /** How long it may take, in ms. */
  readonly timeout: number;
  deadline: number;
}

/** How many answers that came too late are recognised and dropped. */
const REMEMBERED_EXPIRIES = 1_000;

/**
 * The pending requests of one direction. Each is settled exactly once: by its response, by its timeout, or by
 * the end of everything.
 */
export class PendingRequests {
  readonly #clock: Clock;
  readonly #expired: (request: PendingRequest) => void;
  readonly #requests = new Map<string, PendingRequest>();
  readonly #late = new Set<string>();
  #cancelTimer: (() => void) | undefined;
  #timerDue = Infinity;
  #settled: PromiseWithResolvers<void> | undefined;

  /** @param expired told of each request whose time has run out, after it was removed */
  constructor(clock: Clock, expired: (request: PendingRequest) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** Notes a request. `timeout` is in ms; `Infinity` for none. A repeated id replaces the earlier request. */
  add(message: Message, timeout = Infinity): void {
    if (message.id === undefined) return;
    const key = idKey(message.id);
    const since = this.#clock.now();
    const deadline = since + timeout;
    this.#late.delete(key);
    this.#requests.set(key, { id: message.id, method: message.method ?? "", since, timeout, deadline });
    this.#arm(deadline);
  }

  /**
   * Notes a response.
   *
   * @returns whether it is to be passed on; not when its request has already been answered in its place
   */
  settle(response: Message): boolean {
    if (response.id === undefined) return true;
    const key = idKey(response.id);
    if (this.#remove(key) !== undefined) return true;
    return !this.#late.delete(key);
  }

  /** Stops waiting for a request that its sender has cancelled. An answer that comes all the same is passed on. */
  cancel(id: string): void {
    this.#remove(idKey(id));
  }

  /**
   * Starts time anew: that of the request with this `id`, or of all when there is none. (The SDKs use the request's id
   * as its progress token; of any other token it is only known that the peer is at work.)
   */
  extend(id: string): void {
    const now = this.#clock.now();
    const known = this.#requests.get(idKey(id));
    for (const request of known === undefined ? this.#requests.values() : [known]) {
      request.deadline = now + request.timeout;
    }
  }

  /** Removes and returns all requests, in the order in which they were sent. */
  takeAll(): PendingRequest[] {
    const requests = [...this.#requests.values()];
    for (const { id } of requests) this.#remember(idKey(id));
    this.#requests.clear();
    this.#afterRemoval();
    return requests;
  }

  /** Resolves when no request is pending. */
  allSettled(): Promise<void> {
    if (this.#requests.size === 0) return Promise.resolve();
    return (this.#settled ??= Promise.withResolvers<void>()).promise;
  }

  #remove(key: string): PendingRequest | undefined {
    const request = this.#requests.get(key);
    if (request === undefined) return undefined;
    this.#requests.delete(key);
    this.#afterRemoval();
    return request;
  }

  #afterRemoval(): void {
    if (this.#requests.size > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerDue = Infinity;
    this.#settled?.resolve();
    this.#settled = undefined;
  }

  #remember(key: string): void {
    if (this.#late.size >= REMEMBERED_EXPIRIES) this.#late.clear();
    this.#late.add(key);
  }

  #arm(deadline: number): void {
    if (deadline >= this.#timerDue) return;
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
      if (request.deadline > now) {
        next = Math.min(next, request.deadline);
      } else {
        this.#requests.delete(key);
        this.#remember(key);
        this.#expired(request);
      }
    }
    this.#arm(next);
    if (this.#requests.size === 0) this.#afterRemoval();
  }
}
