/**
 * Counting messages.
 *
 * @module
 */
import { type Channel, ChannelWrapper, type Receiver } from "../core/channel.ts";
import type { Observer } from "../core/events.ts";
import type { Message } from "../core/message.ts";

/** Passes everything through, and emits an event for every message. Made only when something counts them. */
export class MeteredChannel extends ChannelWrapper {
  readonly #observe: Observer;

  /**
   * @param inner the channel to the MCP client: a message received from it goes `to-server`, one sent into it
   * `to-client`
   */
  constructor(inner: Channel, observe: Observer) {
    super(inner);
    this.#observe = observe;
  }

  override receive(receiver: Receiver): void {
    this.inner.receive((message) => {
      this.#observe({ type: "message.carried", direction: "to-server", bytes: message.bytes.length });
      return receiver(message);
    });
  }

  override send(message: Message): Promise<void> | void {
    this.#observe({ type: "message.carried", direction: "to-client", bytes: message.bytes.length });
    return this.inner.send(message);
  }
}
