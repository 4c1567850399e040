/**
 * The Correlation Data that belongs to the answers of one session.
 *
 * @module
 */
import type { RequestKey } from "../../../core/json_rpc.ts";
import type { Message } from "../../../core/message.ts";

/** How many bytes of Correlation Data of unanswered requests are kept; more than that is a client that never listens. */
const LIMIT = 4 * 1024 * 1024;

/** What each of them costs besides, in bytes. */
const COST = 256;

/** Remembers with which Correlation Data each request came, until it is answered. */
export class Correlations {
  readonly #byRequest = new Map<RequestKey, Uint8Array>();
  #bytes = 0;
  #longest = 0;

  /** The longest Correlation Data so far, in bytes. */
  get longest(): number {
    return this.#longest;
  }

  /** Takes note of a message that has arrived. The first request of each id counts. */
  remember({ kind, key }: Message, correlation: Uint8Array | undefined): void {
    if (kind !== "request" || key === undefined || correlation === undefined) return;
    const cost = COST + correlation.length;
    if (this.#byRequest.has(key) || this.#bytes + cost > LIMIT) return;
    this.#bytes += cost;
    this.#longest = Math.max(this.#longest, correlation.length);
    this.#byRequest.set(key, correlation.slice()); // not the whole packet
  }

  /** The Correlation Data that goes with a message, once. */
  take({ kind, key }: Message): Uint8Array | undefined {
    if (kind !== "response" || key === undefined || this.#byRequest.size === 0) return undefined;
    const correlation = this.#byRequest.get(key);
    if (this.#byRequest.delete(key)) this.#bytes -= COST + (correlation?.length ?? 0);
    return correlation;
  }
}
