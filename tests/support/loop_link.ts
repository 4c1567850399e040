/**
 * A link without a broker: what arrives is what a test delivers.
 *
 * @module
 */
import { Dispatcher } from "../../src/mqtt/dispatcher.ts";
import type {
  LinkState,
  MqttLink,
  PublishOutcome,
  PublishPacket,
  ReceivedPacket,
  Subscription,
} from "../../src/mqtt/mod.ts";
import { limits } from "./fake_connection.ts";

/** An {@linkcode MqttLink} that is always online. */
export class LoopLink implements MqttLink {
  readonly clientId: string;
  readonly state: LinkState;
  readonly #published: (packet: PublishPacket) => void;
  readonly #dispatcher = new Dispatcher();
  readonly #watchers = new Set<(state: LinkState) => void>();

  /** @param published takes what is published */
  constructor(clientId: string, published: (packet: PublishPacket) => void, maximumPacketSize = 1_000) {
    this.state = { status: "online", limits: limits({ maximumPacketSize, receiveMaximum: 100 }) };
    this.clientId = clientId;
    this.#published = published;
  }

  open(): void {
    for (const watcher of this.#watchers) watcher(this.state);
  }

  watch(listener: (state: LinkState) => void, signal?: AbortSignal): void {
    this.#watchers.add(listener);
    signal?.addEventListener("abort", () => this.#watchers.delete(listener), { once: true });
  }

  subscribe(subscription: Subscription): Promise<void> {
    this.#dispatcher.add(subscription);
    return Promise.resolve();
  }

  unsubscribe(filter: string): Promise<void> {
    this.#dispatcher.remove(filter);
    return Promise.resolve();
  }

  publish(packet: PublishPacket, done?: PublishOutcome): void {
    this.#published(packet);
    done?.();
  }

  roundTrip(): Promise<void> {
    return Promise.resolve();
  }

  expectMore(): void {}

  hurry(): void {}

  /** Hands a packet to whoever has subscribed to its topic. */
  deliver(packet: ReceivedPacket): void {
    void this.#dispatcher.dispatch(packet);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
