/**
 * Servers that refuse a version of MCP, instead of answering with the one that they speak.
 *
 * The Erlang SDK (mcp-mqtt-erl e9ca6f7) answers a newer version than its own with the error "Unsupported protocol version",
 * and names those that it supports. MCP wants it to answer with one of them; then the host decides. The convention wants
 * another client id for each initialization.
 *
 * Source: MCP 2025-11-25, "Version Negotiation"; MCP over MQTT, specification 2025-03-26, "Error Handling".
 *
 * @module
 */
import type { Channel, Receiver } from "../../core/channel.ts";
import type { Failure } from "../../core/failure.ts";
import type { Message } from "../../core/message.ts";
import { askedVersion, hasHandshake, INITIALIZE, inVersion, newestUpTo, offeredVersions } from "../../relay/mod.ts";

/** A session that begins anew, once, with a version that the server supports. */
export class NegotiatedSession implements Channel {
  readonly closed: Promise<Failure | undefined>;
  readonly #again: (signal: AbortSignal) => Promise<Channel>;
  readonly #end: PromiseWithResolvers<Failure | undefined> = Promise.withResolvers();
  readonly #abort = new AbortController();
  #session: Channel;
  #receiver: Receiver = () => {};
  /** Waits for its answer. */
  #initialize: Message | undefined;
  /** What the host says while another session is opened; `undefined` at other times. */
  #held: Message[] | undefined;

  /** @param again opens another session */
  constructor(session: Channel, again: (signal: AbortSignal) => Promise<Channel>) {
    this.#session = session;
    this.#again = again;
    this.closed = this.#end.promise;
    this.#follow(session);
  }

  get ended(): boolean {
    return this.#session.ended === true && this.#held === undefined;
  }

  receive(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#session.receive((message) => this.#received(message));
  }

  send(message: Message): Promise<void> | void {
    if (this.#held !== undefined) return void this.#held.push(message);
    if (message.method === INITIALIZE) this.#initialize = message;
    return this.#session.send(message);
  }

  async close(reason?: Failure): Promise<void> {
    this.#abort.abort();
    await this.#session.close(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #follow(session: Channel): void {
    void session.closed.then((failure) => {
      if (session === this.#session && this.#held === undefined) this.#end.resolve(failure);
    });
  }

  #received(message: Message): Promise<void> | void {
    if (message.kind !== "response" || message.key !== this.#initialize?.key) return this.#receiver(message);
    const request = this.#initialize && withSupportedVersion(this.#initialize, message);
    this.#initialize = undefined;
    if (request === undefined) return this.#receiver(message);
    void this.#begin(request, message);
  }

  async #begin(request: Message, refusal: Message): Promise<void> {
    this.#held = [];
    const refused = this.#session;
    try {
      this.#session = await this.#again(this.#abort.signal);
    } catch {
      void this.#receiver(refusal); // there is no other session: the host decides by what the server has said
    }
    const held = this.#held;
    this.#held = undefined;
    this.#follow(this.#session);
    if (this.#session !== refused) {
      void refused.close();
      if (this.#abort.signal.aborted) return void this.#session.close();
      this.#session.receive((message) => this.#receiver(message));
      void this.#session.send(request);
    }
    for (const message of held) void this.send(message);
  }
}

/**
 * The same request with the newest of the versions that the answer names, but none newer than the one that was asked for
 * if there is one; `undefined` when the answer is something else, or names no version with `initialize`.
 */
function withSupportedVersion(request: Message, answer: Message): Message | undefined {
  const offered = offeredVersions(answer).filter(hasHandshake).toSorted();
  if (offered.includes(askedVersion(request) ?? "")) return undefined;
  const again = inVersion(request, newestUpTo(request, offered) ?? offered[0]);
  return again === request ? undefined : again;
}
