/**
 * Finding out which requests were lost, where messages have no numbers.
 *
 * When a connection breaks, the broker drops the messages on their way to that client. A request among them would never
 * be answered. So after a reconnection of either end, the sender of requests asks its peer which of them it has. If the
 * peer does not have a request and the sender has no answer to it, either the request or its answer is lost. Requests of
 * the peer may be lost as well, but it does not know of the reconnection. So the question asks it to do the same.
 *
 * @module
 */
import { requestsIn, responsesIn } from "../../../core/batch.ts";
import { Failure } from "../../../core/failure.ts";
import type { RequestKey } from "../../../core/json_rpc.ts";
import { JsonText } from "../../../core/json_text.ts";
import { Message } from "../../../core/message.ts";
import { cancelledRequest } from "../../../relay/mod.ts";

/** The method of the question, which ends of ours answer themselves. */
const PENDING = "mcp-mqtt-proxy/pending";

/** So many cancelled requests are remembered. Most servers do not answer them, so nothing else removes them. */
const REMEMBERED_CANCELLATIONS = 1_000;

/** The requests of both directions that have no answer. */
export class LostRequests {
  /** Ours, by key, with their ids as JSON text. */
  readonly #asked = new Map<RequestKey, string>();
  /** Ours that were cancelled. Nobody waits for them, but an answer that comes all the same is passed on. */
  readonly #cancelled = new Set<RequestKey>();
  /** The peer's. */
  readonly #working = new Map<RequestKey, string>();
  /** What the ids of questions begin with, as JSON text. */
  readonly #name = `"pending-${crypto.randomUUID()}-`;
  #questions = 0;
  /** The newest question, and which requests had been sent before it. */
  #question: { readonly id: RequestKey; readonly about: ReadonlyMap<RequestKey, string> } | undefined;

  /** Notes what is sent. */
  sent(message: Message): void {
    for (const { key, id } of requestsIn(message)) if (key !== undefined && id !== undefined) this.#asked.set(key, id);
    for (const { key } of responsesIn(message)) if (key !== undefined) this.#working.delete(key);
    const cancelled = cancelledRequest(message);
    if (cancelled === undefined || !this.#asked.delete(cancelled)) return;
    this.#cancelled.add(cancelled);
    const [oldest] = this.#cancelled;
    if (oldest !== undefined && this.#cancelled.size > REMEMBERED_CANCELLATIONS) this.#cancelled.delete(oldest);
  }

  /** Whether a message of the peer's is to be passed on: MQTT may deliver a request twice. Notes its requests. */
  begins(message: Message): boolean {
    const { kind, key } = message;
    if (kind === "request" && key !== undefined && this.#working.has(key)) return false;
    for (const { key, id } of requestsIn(message)) {
      if (key !== undefined && id !== undefined) this.#working.set(key, id);
    }
    const cancelled = cancelledRequest(message);
    if (cancelled !== undefined) this.#working.delete(cancelled);
    return true;
  }

  /**
   * Asks for the requests that have no answer; `undefined` when there are none.
   *
   * @param first whether it is this end that has reconnected. Then the peer is to ask as well. Answers to questions that
   * are asked back ask for nothing more.
   * @param anyway whether to ask even without such requests, so that the peer asks
   */
  ask(first = false, anyway = false): Message | undefined {
    if (this.#asked.size === 0 && !anyway) return undefined;
    const id = `${this.#name}${++this.#questions}"`;
    this.#question = { id, about: new Map(this.#asked) };
    const params = first ? `,"params":{"askBack":true}` : "";
    return Message.from(`{"jsonrpc":"2.0","id":${id},"method":"${PENDING}"${params}}`);
  }

  /** What the peer's question wants to be asked; `undefined` when that is nothing. */
  askBack({ bytes }: Message): Message | undefined {
    return new JsonText(bytes).get("params", "askBack")?.text === "true" ? this.ask() : undefined;
  }

  /** Answers the peer's question; `undefined` when the message is something else. */
  answer({ kind, method, id }: Message): Message | undefined {
    if (kind !== "request" || method !== PENDING || id === undefined) return undefined;
    const ids = JSON.stringify([...this.#working.values()]); // as text, so that no number loses a digit
    return Message.from(`{"jsonrpc":"2.0","id":${id},"result":{"ids":${ids}}}`);
  }

  /**
   * Takes an answer; `undefined` when the host is to have it, or else the errors for what turns out to be lost. To a
   * request that has an answer already there is nothing more to say: QoS 1 may deliver it twice, or too late.
   */
  received(message: Message): readonly Message[] | undefined {
    const { kind, key } = message;
    if (kind === "other") { for (const { key } of responsesIn(message)) if (key !== undefined) this.#answered(key); }
    if (kind !== "response" || key === undefined) return undefined;
    if (typeof key !== "string" || !key.startsWith(this.#name)) return this.#answered(key) ? undefined : [];
    if (key !== this.#question?.id) return []; // to a question that was asked again
    const lost = [...this.#question.about].filter(([key]) => this.#asked.has(key));
    this.#question = undefined;
    const there = idsIn(message);
    if (there === undefined) return []; // a peer that does not know the question
    return lost.filter(([, id]) => !there.has(id)).map(([key, id]) => {
      this.#asked.delete(key);
      return LOST.toResponse(id);
    });
  }

  /** Notes an answer to a request of ours; whether there was none before. */
  #answered(key: RequestKey): boolean {
    return this.#asked.delete(key) || this.#cancelled.delete(key);
  }
}

const LOST = new Failure(
  "broker-unreachable",
  "The request or its answer was lost when a connection to the broker broke; it may have run",
);

function idsIn(message: Message): ReadonlySet<unknown> | undefined {
  const { result } = message.parse() as { result?: { ids?: unknown } };
  const ids = result?.ids;
  return Array.isArray(ids) ? new Set(ids) : undefined;
}
