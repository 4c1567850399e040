/**
 * Answers to requests over MQTT.
 *
 * @module
 */
import { CLIENT_PLACEHOLDER } from "../../config/mod.ts";
import type { MqttLink } from "../../mqtt/mod.ts";
import type { Received } from "./arrivals.ts";
import type { Listener, Subscriptions } from "./subscriptions.ts";

/** A place at which one answer is awaited. Disposing of it ends the wait. */
export interface PendingReply extends Disposable {
  readonly topic: string;
  readonly answer: Promise<Received>;
  /** How many messages have arrived there that are not the answer. */
  readonly others: number;
  /** From now on, a message may be the answer. */
  begin(): void;
}

/** The wait for one answer. */
export class Reply {
  readonly answer: Promise<Received>;
  /** Gives up waiting. */
  readonly fail: (why: unknown) => void;
  others = 0;
  readonly #accepts: (message: Received) => boolean;
  readonly #resolve: (message: Received) => void;
  #begun = false;

  /** @param accepts whether a message is the answer */
  constructor(accepts: (message: Received) => boolean) {
    const { promise, resolve, reject } = Promise.withResolvers<Received>();
    promise.catch(() => {}); // nobody may be waiting
    this.answer = promise;
    this.fail = reject;
    this.#resolve = resolve;
    this.#accepts = accepts;
  }

  begin(): void {
    this.#begun = true;
  }

  /** Takes a message that has come. */
  take(message: Received): void {
    if (!this.#begun) return;
    if (this.#accepts(message)) this.#resolve(message);
    else this.others++;
  }
}

/**
 * The reply topics of this client. Each request has a topic of its own, since a responder may leave the Correlation
 * Data out. A script around mosquitto_sub and mosquitto_pub 2.0 easily does.
 */
export class Replies implements Listener {
  readonly #link: MqttLink;
  readonly #subscriptions: Subscriptions;
  readonly #topic: string;
  readonly #waiting = new Map<string, Reply>();
  #lastNumber = 0;

  /** @param topic what they begin with; `{client}` stands for the client id */
  constructor(link: MqttLink, subscriptions: Subscriptions, topic: string) {
    this.#link = link;
    this.#subscriptions = subscriptions;
    this.#topic = topic;
  }

  /** Whether `topic` is a reply topic of this client. */
  has(topic: string): boolean {
    return topic.startsWith(this.#base());
  }

  /**
   * Opens a place for an answer. Resolves when the broker has granted the subscription.
   *
   * @param accepts whether a message is the answer
   * @throws {Failure} when the broker does not grant the subscription
   */
  async open(accepts: (message: Received) => boolean, signal: AbortSignal): Promise<PendingReply> {
    const base = this.#base();
    await this.#subscriptions.open(`${base}+`, 1, this, false, signal);
    const topic = `${base}${++this.#lastNumber}`;
    const reply = new Reply(accepts);
    this.#waiting.set(topic, reply);
    return {
      topic,
      answer: reply.answer,
      begin: () => reply.begin(),
      get others() {
        return reply.others;
      },
      [Symbol.dispose]: () => void this.#waiting.delete(topic),
    };
  }

  live(message: Received): void {
    this.#waiting.get(message.topic)?.take(message);
  }

  retained(): void {
    // A retained message is older than the request.
  }

  refused(): void {
    // The next request gets the error.
  }

  #base(): string {
    // A client id that the broker has assigned may have characters that are special in topics.
    const client = this.#link.clientId.replaceAll(/[/+#\0]/g, "-");
    return `${this.#topic.replaceAll(CLIENT_PLACEHOLDER, () => client)}/`;
  }
}
