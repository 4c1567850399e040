/**
 * Getting the first message of a session to an instance that answers.
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

/** An instance that has said nothing for this long, in ms, is asked whether it is there; and given as long to answer. */
const PATIENCE = 1_000;

/** Where one was passed over there may be more, so the next have less time, but at least this, in ms. */
const LEAST_PATIENCE = 250;

/** What an {@linkcode Opening} is made of. */
export interface OpeningParts {
  readonly link: MqttLink;
  readonly topics: Topics;
  readonly options: Pick<ClientOptions, "qos" | "connectTimeout" | "observe" | "traceContext">;
  readonly properties: PublishProperties;
  readonly clock: Clock;
  /** How long the server may take to answer the message, in ms. */
  readonly limit: number;
  /** Finds another instance, when one is announced but does not answer. */
  readonly another: (instead: ServerInstance) => Promise<ServerInstance | undefined>;
  /** Told when there is no use in waiting. */
  readonly failed: (failure: Failure) => void;
  /** Takes the message back, or whatever else waits. */
  readonly signal: AbortSignal;
}

/**
 * Offers the first message to one instance after the other.
 *
 * A presence may be all that is left of an instance. Most brokers then say that nobody has subscribed to its topic. With
 * others, an instance that keeps silent is asked by a ping, and passed over when it does not answer that either.
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
  #cancelPatience = () => {};

  constructor(parts: OpeningParts, message: Message, server: ServerInstance) {
    this.#parts = parts;
    this.#message = message;
    this.#server = server;
    this.#begun = parts.clock.now();
  }

  /** The instance that has the message now. */
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

  /** Stops, since the server has answered, or nobody waits any more. */
  end(): void {
    this.#ended = true;
    this.#cancelDeadline();
    this.#cancelPatience();
  }

  /** Takes note of an answer; whether it is one to our own question. */
  isProbed(message: Message): boolean {
    if (message.kind !== "response" || message.key !== this.#probe?.key) return false;
    this.#cancelPatience(); // it is there, and may take its time
    return true;
  }

  #offer(): Promise<void> | void {
    this.#cancelPatience();
    this.#cancelPatience = this.#parts.clock.after(this.#patience, () => void this.#ask());
    return this.#publish(this.#message, this.#parts.properties, (failure) => this.#published(failure));
  }

  #published(failure: Failure | undefined): void {
    const { options: { observe }, topics, failed } = this.#parts;
    if (failure === undefined || this.#ended) return;
    if (failure.reason === "no-server-online") return void this.#moveOn();
    observe({ type: "publish.failed", topic: topics.control(this.#server), cause: failure.message });
    failed(failure);
  }

  get #patience(): number {
    const first = Math.min(PATIENCE, this.#parts.options.connectTimeout / 4);
    return Math.max(first / 2 ** this.#passedOver, Math.min(first, LEAST_PATIENCE));
  }

  async #ask(): Promise<void> {
    const { clock, properties } = this.#parts;
    const server = this.#server;
    const listens = await this.#brokerTellsOfNobody(); // it would have told of the message
    if (listens || this.#ended || server !== this.#server) return;
    this.#probe = ping();
    this.#cancelPatience = clock.after(this.#patience, () => void this.#passOver());
    void this.#publish(this.#probe, asProbe(properties), () => {});
  }

  /** Whether this broker says so when nobody has subscribed to a topic (MQTT 5.0, section 3.4.2.1: it need not). */
  #brokerTellsOfNobody(): Promise<boolean> {
    const { link, topics, options, properties, signal } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (plainQoS(options.qos) === 0) resolve(false);
    signal.addEventListener("abort", () => resolve(false), { once: true });
    void link.publish(
      { topic: topics.nobody(link.clientId), payload: new Uint8Array(), qos: 1, common: properties },
      (failure) => resolve(failure?.reason === "no-server-online"),
      signal,
    );
    return promise;
  }

  /** Nobody has got the message: any instance may. */
  async #moveOn(): Promise<void> {
    if (await this.#take(await this.#parts.another(this.#server))) return;
    this.#fail("is announced, but does not listen");
  }

  /** Somebody may have got the message: it must not run twice. */
  async #passOver(): Promise<void> {
    const { another, clock, options: { connectTimeout } } = this.#parts;
    this.#passedOver++;
    if (this.#message.method === INITIALIZE && await this.#take(await another(this.#server))) return;
    const left = Math.max(0, this.#begun + connectTimeout - clock.now());
    this.#cancelPatience = clock.after(left, () => this.#fail("is announced, but does not answer"));
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
