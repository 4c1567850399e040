/**
 * Answers to requests over MQTT.
 *
 * @module
 */
import type { MqttLink, ReceivedPacket } from "../../mqtt/mod.ts";
import type { Listener, Subscriptions } from "./subscriptions.ts";

/** A place at which one answer is awaited. Disposing of it ends the wait. */
export interface ReplyPlace extends Disposable {
  readonly topic: string;
  readonly answer: Promise<ReceivedPacket>;
}

/**
 * The topics of our own on which answers arrive. Each request has one for itself, since a responder may leave the
 * correlation data out: a script around mosquitto_sub and mosquitto_pub 2.0 easily does.
 */
export class Replies implements Listener {
  readonly #link: MqttLink;
  readonly #subscriptions: Subscriptions;
  readonly #topic: string;
  readonly #waiting = new Map<string, (packet: ReceivedPacket) => void>();
  #lastNumber = 0;

  /** @param topic what they begin with; `{client}` stands for the client id */
  constructor(link: MqttLink, subscriptions: Subscriptions, topic: string) {
    this.#link = link;
    this.#subscriptions = subscriptions;
    this.#topic = topic;
  }

  /** Whether `topic` is one of these. */
  has(topic: string): boolean {
    return topic.startsWith(this.#base());
  }

  /**
   * Opens a place for an answer. It is in force when this resolves.
   *
   * @throws {Failure} when the broker does not grant the subscription
   */
  async open(signal: AbortSignal): Promise<ReplyPlace> {
    const base = this.#base();
    await this.#subscriptions.open(`${base}+`, 1, this, false, signal);
    const topic = `${base}${++this.#lastNumber}`;
    const { promise, resolve } = Promise.withResolvers<ReceivedPacket>();
    this.#waiting.set(topic, resolve);
    return { topic, answer: promise, [Symbol.dispose]: () => void this.#waiting.delete(topic) };
  }

  live(packet: ReceivedPacket): void {
    this.#waiting.get(packet.topic)?.(packet);
  }

  retained(): void {
    // Nobody has asked anything yet when this was said.
  }

  refused(): void {
    // The next request will be told.
  }

  #base(): string {
    // A client id that the broker has chosen may be anything.
    const client = this.#link.clientId.replaceAll(/[/+#\0]/g, "-");
    return `${this.#topic.replaceAll("{client}", client)}/`;
  }
}
