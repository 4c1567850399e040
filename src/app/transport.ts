/**
 * Channels as transports of the MCP SDK.
 *
 * @module
 */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types";
import type { Channel } from "../core/channel.ts";
import { Message } from "../core/message.ts";

/** A {@linkcode Channel} that the MCP SDK's `Client` or `McpServer` can be connected to. */
export class ChannelTransport implements Transport {
  onmessage?: Transport["onmessage"];
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly #channel: Channel;
  readonly #release: () => Promise<void>;
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
    return Promise.resolve();
  }

  /** Sends a message. Resolves when there is room for the next one. */
  async send(message: JSONRPCMessage): Promise<void> {
    await this.#channel.send(Message.from(message));
  }

  /** Ends the session and gives back its connection. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#channel.close();
    await this.#release();
    this.onclose?.();
  }

  #deliver(message: Message): void {
    try {
      this.onmessage?.(message.parse() as JSONRPCMessage);
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
