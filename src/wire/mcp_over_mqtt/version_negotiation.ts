/**
 * Servers that refuse a version of MCP, instead of offering the one that they support.
 *
 * MCP requires a server to answer `initialize` with a version that it supports; then the host decides. The Erlang SDK
 * (mcp-mqtt-erl e9ca6f7) answers a newer version with the error "Unsupported protocol version" and a list of its
 * versions. So the session is opened again with one of these. The convention requires another client id for each
 * initialization.
 *
 * Source: MCP 2025-11-25, "Version Negotiation"; MCP over MQTT, specification 2025-03-26, "Error Handling".
 *
 * @module
 */
import type { Channel, Receiver } from "../../core/channel.ts";
import type { Failure } from "../../core/failure.ts";
import { Inbox } from "../../core/inbox.ts";
import type { Message } from "../../core/message.ts";
import { askedVersion, hasHandshake, INITIALIZE, inVersion, newestUpTo, offeredVersions } from "../../relay/mod.ts";

/** A session that is opened again, once, with a version that the server supports. */
export class NegotiatedSession implements Channel {
  readonly closed: Promise<Failure | undefined>;
  readonly #again: (signal: AbortSignal) => Promise<Channel>;
  readonly #end: PromiseWithResolvers<Failure | undefined> = Promise.withResolvers();
  readonly #abort = new AbortController();
  #session: Channel;
  #receiver: Receiver = () => {};
  /** The `initialize` request that waits for its answer. */
  #initialize: Message | undefined;
  /** Messages of the host while another session is being opened; `undefined` at other times. */
  #held: Inbox | undefined;

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
    if (this.#held !== undefined) {
      this.#held.push(message);
      return this.#held.room();
    }
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
    const held = this.#held = new Inbox();
    const refused = this.#session;
    try {
      this.#session = await this.#again(this.#abort.signal);
    } catch {
      void this.#receiver(refusal); // no other session: the host gets the server's error, and decides
    }
    this.#held = undefined;
    this.#follow(this.#session);
    const waiting = held.takeAll(); // even if nobody gets them any more, since their sender may wait for room
    if (this.#session !== refused) {
      void refused.close();
      if (this.#abort.signal.aborted) return void this.#session.close();
      this.#session.receive((message) => this.#receiver(message));
      void this.#session.send(request);
    }
    for (const message of waiting) void this.send(message);
  }
}

/**
 * The same request with a version that the answer lists: the newest one up to the requested version, or else the oldest
 * one. `undefined` when the answer is something else, or lists no version with `initialize`.
 */
function withSupportedVersion(request: Message, answer: Message): Message | undefined {
  const offered = offeredVersions(answer).filter(hasHandshake).toSorted();
  if (offered.includes(askedVersion(request) ?? "")) return undefined;
  const again = inVersion(request, newestUpTo(request, offered) ?? offered[0]);
  return again === request ? undefined : again;
}
