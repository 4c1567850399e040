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

/** How long open requests of a peer may take after the peer has ended its side, in ms. */
const END_TIMEOUT = 15_000;

/** A {@linkcode Channel} that the MCP SDK's `Client` or `McpServer` can be connected to. */
export class ChannelTransport implements Transport {
  onmessage?: Transport["onmessage"];
  onclose?: () => void;
  onerror?: (error: Error) => void;
  /**
   * Members that transports of processes have. Version 2 of the SDK (2.4.0, `detectProbeTransportKind`) takes a
   * transport with them for a message stream, and not for HTTP. So when a server does not answer `server/discover`, the
   * SDK tries the `initialize` handshake, and reports no network error.
   */
  readonly stderr = null;
  readonly pid = null;
  readonly #channel: Channel;
  readonly #release: () => Promise<void>;
  /** The unanswered requests of the peer. */
  readonly #unanswered = new PendingRequests(systemClock, () => {});
  #closed = false;

  /** @param release gives back what the channel was made with, once it has ended */
  constructor(channel: Channel, release: () => Promise<void> = () => Promise.resolve()) {
    this.#channel = channel;
    this.#release = release;
  }

  /** Starts to deliver messages. Called by the SDK. */
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

  /** Ends the session and releases its connection. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#channel.close();
    await this.#release();
    this.onclose?.();
  }

  /** The peer has ended its side. It may still wait for answers, so the transport closes after the last one. */
  async #endWithPeer(): Promise<void> {
    await waitAtMost(Promise.race([this.#unanswered.allAnswered(), this.#channel.closed]), END_TIMEOUT);
    await this.close();
  }

  /** Delivers a message. The SDK does not know batches, so it gets their messages one by one. */
  #deliver(message: Message): Promise<void> | undefined {
    const waits = messagesIn(message).map((one) => this.#deliverOne(one)).filter((wait) => wait !== undefined);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
  }

  /**
   * Delivers one message. The SDK runs the handler of a notification a microtask later, and forgets a request's
   * progress handler when the answer arrives. So the last progress must be handled before the answer is delivered.
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
