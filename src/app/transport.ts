/**
 * Channels as transports of the MCP SDK.
 *
 * @module
 */
// Without .js: the package declares no types for the names that it exports with .js.
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types";
import { messagesIn } from "../core/batch.ts";
import type { Channel } from "../core/channel.ts";
import { systemClock } from "../core/clock.ts";
import { waitAtMost } from "../core/waiting.ts";
import { Message } from "../core/message.ts";
import { cancelledRequest, PendingRequests } from "../relay/mod.ts";

/** How long requests of a peer that has ended its side may take, in ms. */
const END_TIMEOUT = 15_000;

/** A {@linkcode Channel} that the MCP SDK's `Client` or `McpServer` can be connected to. */
export class ChannelTransport implements Transport {
  onmessage?: Transport["onmessage"];
  onclose?: () => void;
  onerror?: (error: Error) => void;
  /**
   * By these members, which the transports of processes have, version 2 of the SDK (2.4.0, `detectProbeTransportKind`)
   * tells a stream of messages from HTTP: when a server does not know `server/discover` and is silent, it is one with a
   * handshake, and no mistake of the network's.
   */
  readonly stderr = null;
  readonly pid = null;
  readonly #channel: Channel;
  readonly #release: () => Promise<void>;
  /** What the peer has asked. */
  readonly #unanswered = new PendingRequests(systemClock, () => {});
  #closed = false;

  /** @param release gives back what the channel was made with, once it has ended */
  constructor(channel: Channel, release: () => Promise<void> = () => Promise.resolve()) {
    this.#channel = channel;
    this.#release = release;
  }

  /** Starts to hand over messages. Called by the SDK. */
  start(): Promise<void> {
    this.#channel.receive((message) => this.#deliver(message));
    void this.#channel.closed.then((failure) => {
      if (failure !== undefined) this.onerror?.(failure);
      return this.close();
    });
    void this.#channel.peerEnded?.then(() => this.#endWithPeer());
    return Promise.resolve();
  }

  /** Sends a message. Resolves when there is room for the next one. */
  async send(message: JSONRPCMessage): Promise<void> {
    const sent = Message.from(message);
    if (sent.kind === "response") this.#unanswered.answer(sent);
    await this.#channel.send(sent);
  }

  /** Ends the session and gives back its connection. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#channel.close();
    await this.#release();
    this.onclose?.();
  }

  /** A peer that will say no more waits for its answers, and then for our end. */
  async #endWithPeer(): Promise<void> {
    await waitAtMost(Promise.race([this.#unanswered.allAnswered(), this.#channel.closed]), END_TIMEOUT);
    await this.close();
  }

  /** The SDK knows no batches, so it gets their messages one by one, and each request its answer. */
  #deliver(message: Message): Promise<void> | undefined {
    const waits = messagesIn(message).map((one) => this.#deliverOne(one)).filter((wait) => wait !== undefined);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
  }

  /**
   * The SDK runs what handles a notification a microtask later, and forgets a request's progress handler as soon as it
   * has the answer: the last progress must not come in the same breath as the answer.
   */
  #deliverOne(message: Message): Promise<void> | undefined {
    if (message.kind === "request") this.#unanswered.add(message);
    const cancelled = cancelledRequest(message);
    if (cancelled !== undefined) this.#unanswered.cancel(cancelled);
    try {
      this.onmessage?.(message.parse() as JSONRPCMessage);
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
    return message.kind === "notification" ? Promise.resolve() : undefined;
  }
}
