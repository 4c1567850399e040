/**
 * Answers to requests over MQTT.
 *
 * @module
 */
import type { MqttLink } from "../../mqtt/mod.ts";
import type { Received } from "./arrivals.ts";
import type { Listener, Subscriptions } from "./subscriptions.ts";

/** A place at which one answer is awaited. Disposing of it ends the wait. */
export interface ReplyPlace extends Disposable {
  readonly topic: string;
  readonly answer: Promise<Received>;
  /** How many messages came there that were not accepted. */
  readonly others: number;
  /** What comes from now on may be the answer. */
  begin(): void;
}

/** What waits at such a place. */
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
 * The topics of our own on which answers arrive. Each request has one for itself, since a responder may leave the
 * correlation data out: a script around mosquitto_sub and mosquitto_pub 2.0 easily does.
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

  /** Whether `topic` is one of these. */
  has(topic: string): boolean {
    return topic.startsWith(this.#base());
  }

  /**
   * Opens a place for an answer. It is in force when this resolves.
   *
   * @param accepts whether a message is the answer
   * @throws {Failure} when the broker does not grant the subscription
   */
  async open(accepts: (message: Received) => boolean, signal: AbortSignal): Promise<ReplyPlace> {
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
