/**
 * The Correlation Data that belongs to the answers of one session.
 *
 * @module
 */
import { requestsIn, responsesIn } from "../../../core/batch.ts";
import type { RequestKey } from "../../../core/json_rpc.ts";
import type { Message } from "../../../core/message.ts";
import { cancelledRequest } from "../../../relay/mod.ts";

/** How many bytes of Correlation Data are kept. Only a misbehaving client has more that belongs to unanswered requests. */
const LIMIT = 4 * 1024 * 1024;

/** What each entry costs besides its Correlation Data, in bytes. */
const COST = 256;

/** So many answers are remembered in case that they have to be sent again; no window is larger. */
const ANSWERS = 512;

/** Remembers with which Correlation Data each request came, until its answer has arrived. */
export class Correlations {
  readonly #unanswered = new Map<RequestKey, Uint8Array>();
  /** Those that have been answered lately, the oldest first. */
  readonly #answered = new Map<RequestKey, Uint8Array>();
  #bytes = 0;
  #longest = 0;

  /** The longest Correlation Data so far, in bytes. */
  get longest(): number {
    return this.#longest;
  }

  /**
   * Takes note of a message that has arrived. The first request of each id counts. A cancelled request counts as answered,
   * since most servers do not answer it.
   */
  remember(message: Message, correlation: Uint8Array | undefined): void {
    const cancelled = cancelledRequest(message);
    if (cancelled !== undefined) this.#answer(cancelled);
    if (correlation === undefined) return;
    for (const { key } of requestsIn(message)) if (key !== undefined) this.#rememberOne(key, correlation);
  }

  /** The Correlation Data that goes with an answer, however often it is sent; from now on its request is answered. */
  of(message: Message): Uint8Array | undefined {
    if (this.#unanswered.size + this.#answered.size === 0) return undefined;
    const { kind, key } = message;
    if (kind === "response") return key === undefined ? undefined : this.#answer(key);
    const [first] = responsesIn(message).map(({ key }) => key === undefined ? undefined : this.#answer(key));
    return first;
  }

  #rememberOne(key: RequestKey, correlation: Uint8Array): void {
    const cost = COST + correlation.length;
    if (this.#unanswered.has(key)) return;
    this.#forget(key);
    for (const oldest of this.#answered.keys()) {
      if (this.#bytes + cost <= LIMIT) break;
      this.#forget(oldest);
    }
    if (this.#bytes + cost > LIMIT) return;
    this.#bytes += cost;
    this.#longest = Math.max(this.#longest, correlation.length);
    this.#unanswered.set(key, correlation.slice()); // not the whole packet
  }

  #answer(key: RequestKey): Uint8Array | undefined {
    const correlation = this.#unanswered.get(key);
    if (correlation === undefined) return this.#answered.get(key);
    this.#unanswered.delete(key);
    this.#answered.set(key, correlation);
    const [oldest] = this.#answered.keys();
    if (oldest !== undefined && this.#answered.size > ANSWERS) this.#forget(oldest);
    return correlation;
  }

  #forget(answered: RequestKey): void {
    const correlation = this.#answered.get(answered);
    if (this.#answered.delete(answered)) this.#bytes -= COST + (correlation?.length ?? 0);
  }
}
