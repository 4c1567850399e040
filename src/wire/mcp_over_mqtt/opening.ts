/**
 * Delivering the first message of a session to an instance that answers.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import type { Message } from "../../core/message.ts";
import type { MqttLink, PublishProperties } from "../../mqtt/mod.ts";
import { INITIALIZE } from "../../relay/mod.ts";
import { plainQoS } from "../packets.ts";
import { shownTrace } from "../trace_properties.ts";
import type { ClientOptions } from "../profile.ts";
import { asProbe, ping } from "./messages.ts";
import type { ServerInstance, Topics } from "./topics.ts";

/** After this long without an answer, in ms, an instance is pinged. It gets the same time to answer the ping. */
const ANSWER_TIMEOUT = 1_000;

/** After a silent instance there may be more, so the next ones get less time; but at least this, in ms. */
const SHORTEST_TIMEOUT = 250;

/** The options of an {@linkcode Opening}. */
export interface OpeningParts {
  readonly link: MqttLink;
  readonly topics: Topics;
  readonly options: Pick<ClientOptions, "qos" | "connectTimeout" | "observe" | "traceContext">;
  readonly properties: PublishProperties;
  readonly clock: Clock;
  /** How long the server may take to answer the message, in ms. */
  readonly limit: number;
  /** Finds another instance, when the current one does not answer. */
  readonly another: (instead: ServerInstance) => Promise<ServerInstance | undefined>;
  /** Called when waiting is useless. */
  readonly failed: (failure: Failure) => void;
  /** Aborted when the messages should not be sent any more. */
  readonly signal: AbortSignal;
}

/**
 * Sends the first message to one instance after the other, until one answers.
 *
 * A presence may be left over from an instance that is gone. Most brokers then report that the instance's topic has no
 * subscriber. With other brokers, a silent instance is pinged. If it does not answer the ping either, the next instance
 * is tried.
 */
export class Opening {
  readonly #parts: OpeningParts;
  readonly #message: Message;
  readonly #begun: number;
  #server: ServerInstance;
  #probe: Message | undefined;
  #passedOver = 0;
  #ended = false;
  #cancelDeadline = () => {};
  #cancelTimeout = () => {};

  constructor(parts: OpeningParts, message: Message, server: ServerInstance) {
    this.#parts = parts;
    this.#message = message;
    this.#server = server;
    this.#begun = parts.clock.now();
  }

  /** The instance that the message was last sent to. */
  get server(): ServerInstance {
    return this.#server;
  }

  /** Publishes the message. A returned promise resolves when there is room for more. */
  begin(): Promise<void> | void {
    const { clock, limit } = this.#parts;
    this.#cancelDeadline = clock.after(limit, () => {
      this.#fail(`has not answered "${this.#message.method}" within ${limit / 1000} s`);
    });
    return this.#offer();
  }

  /** Stops, because the server has answered or nobody waits any more. */
  end(): void {
    this.#ended = true;
    this.#cancelDeadline();
    this.#cancelTimeout();
  }

  /** Whether a message is the answer to our ping. */
  isProbed(message: Message): boolean {
    if (message.kind !== "response" || message.key !== this.#probe?.key) return false;
    this.#cancelTimeout(); // the instance is there, and may take its time for the first message
    return true;
  }

  #offer(): Promise<void> | void {
    this.#cancelTimeout();
    this.#cancelTimeout = this.#parts.clock.after(this.#answerTimeout, () => void this.#ask());
    return this.#publish(this.#message, this.#parts.properties, (failure) => this.#published(failure));
  }

  #published(failure: Failure | undefined): void {
    const { options: { observe }, topics, failed } = this.#parts;
    if (failure === undefined || this.#ended) return;
    if (failure.reason === "no-server-online") return void this.#moveOn();
    observe({ type: "publish.failed", topic: topics.control(this.#server), cause: failure.message });
    failed(failure);
  }

  get #answerTimeout(): number {
    const first = Math.min(ANSWER_TIMEOUT, this.#parts.options.connectTimeout / 4);
    return Math.max(first / 2 ** this.#passedOver, Math.min(first, SHORTEST_TIMEOUT));
  }

  async #ask(): Promise<void> {
    const { clock, properties } = this.#parts;
    const server = this.#server;
    const listens = await this.#reportsNoSubscribers(); // then it would have reported that nobody got the message
    if (listens || this.#ended || server !== this.#server) return;
    this.#probe = ping();
    this.#cancelTimeout = clock.after(this.#answerTimeout, () => void this.#passOver());
    void this.#publish(this.#probe, asProbe(properties), () => {});
  }

  /** Whether this broker reports topics without subscribers, which it need not do (MQTT 5.0, section 3.4.2.1). */
  #reportsNoSubscribers(): Promise<boolean> {
    const { link, topics, options, properties, signal } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (plainQoS(options.qos) === 0) resolve(false);
    signal.addEventListener("abort", () => resolve(false), { once: true });
    void link.publish(
      { topic: topics.withoutSubscriber(link.clientId), payload: new Uint8Array(), qos: 1, common: properties },
      (failure) => resolve(failure?.reason === "no-server-online"),
      signal,
    );
    return promise;
  }

  /** No instance has received the message, so any other may get it. */
  async #moveOn(): Promise<void> {
    if (await this.#take(await this.#parts.another(this.#server))) return;
    this.#fail("is announced, but does not listen");
  }

  /** The instance may have received the message. A request other than `initialize` must not run twice. */
  async #passOver(): Promise<void> {
    const { another, clock, options: { connectTimeout } } = this.#parts;
    this.#passedOver++;
    if (this.#message.method === INITIALIZE && await this.#take(await another(this.#server))) return;
    const left = Math.max(0, this.#begun + connectTimeout - clock.now());
    this.#cancelTimeout = clock.after(left, () => this.#fail("is announced, but does not answer"));
  }

  async #take(next: ServerInstance | undefined): Promise<boolean> {
    if (next === undefined || this.#ended) return this.#ended;
    this.#server = next;
    await this.#offer();
    return true;
  }

  #publish(message: Message, common: PublishProperties, done: (failure?: Failure) => void): Promise<void> | void {
    const { link, topics, options, signal } = this.#parts;
    const topic = topics.control(this.#server);
    const packet = {
      topic,
      payload: message.bytes,
      qos: plainQoS(options.qos),
      common,
      ...shownTrace(message, options),
    };
    return link.publish(packet, done, signal);
  }

  #fail(what: string): void {
    const { serverId, serverName } = this.#server;
    this.#parts.failed(
      new Failure("server-not-responding", `The server "${serverName}" ${what}`, { instance: serverId }),
    );
  }
}
