/**
 * Counting what goes by.
 *
 * @module
 */
import type { Channel, Receiver } from "../core/channel.ts";
import type { Observer } from "../core/events.ts";
import type { Failure } from "../core/failure.ts";
import type { Message } from "../core/message.ts";

/** Passes everything through, and tells of every message. Made only where somebody wants to know. */
export class MeteredChannel implements Channel {
  readonly closed: Promise<Failure | undefined>;
  readonly #inner: Channel;
  readonly #observe: Observer;

  /** @param inner the channel to the MCP client: what comes out of it goes `to-server`, what is sent `to-client` */
  constructor(inner: Channel, observe: Observer) {
    this.#inner = inner;
    this.#observe = observe;
    this.closed = inner.closed;
  }

  receive(receiver: Receiver): void {
    this.#inner.receive((message) => {
      this.#observe({ type: "message.carried", direction: "to-server", bytes: message.bytes.length });
      return receiver(message);
    });
  }

  send(message: Message): Promise<void> | void {
    this.#observe({ type: "message.carried", direction: "to-client", bytes: message.bytes.length });
    return this.#inner.send(message);
  }

  close(reason?: Failure): Promise<void> {
    return this.#inner.close(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
