/**
 * One session, seen from its client.
 *
 * @module
 */
import type { Channel, Receiver } from "../../core/channel.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Observer } from "../../core/events.ts";
import { Failure } from "../../core/failure.ts";
import { Inbox } from "../../core/inbox.ts";
import { Message } from "../../core/message.ts";
import type { MqttLink, PublishProperties, QoS, ReceivedPacket } from "../../mqtt/mod.ts";
import {
  CLOSED,
  closedFailure,
  disconnected,
  INSTANCE,
  MESSAGE_PROPERTIES,
  SESSION,
  userProperty,
} from "./properties.ts";
import type { Topics } from "./topics.ts";

/** What a {@linkcode ClientSession} is made of. */
export interface ClientSessionOptions {
  readonly link: MqttLink;
  readonly topics: Topics;
  readonly sessionId: string;
  /** The one instance that is to take the session, where the broker would hand the first message to all of them. */
  readonly instance: string | undefined;
  readonly qos: QoS;
  readonly observe: Observer;
  /** How long the server may take to answer the first message, in ms. */
  readonly connectTimeout: number;
  /** How long a request of this method may take, in ms. */
  readonly timeout: (method: string) => number;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/** A session whose host leaves this many bytes unread is ended. */
const INBOX_LIMIT = 64 * 1024 * 1024;

/**
 * The channel to a server.
 *
 * The first message goes where all servers listen. Those behind it wait for the server's first sign of life, which
 * names the instance that has the session: only that one may get them.
 */
export class ClientSession implements Channel {
  readonly closed: Promise<Failure | undefined>;
  readonly #options: ClientSessionOptions;
  readonly #end: PromiseWithResolvers<Failure | undefined> = Promise.withResolvers();
  readonly #inbox = new Inbox();
  readonly #abort = new AbortController();
  #phase: "fresh" | "opening" | "open" | "ended" = "fresh";
  #topic: string;
  #instance: string | undefined;
  #held: Message[] = [];
  #correlation = 0;
  #cancelDeadline: (() => void) | undefined;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
    this.#topic = options.topics.request.for(options.link.clientId);
    this.closed = this.#end.promise;
  }

  /** The instance that has the session, once it is known. */
  get instance(): string | undefined {
    return this.#instance;
  }

  receive(receiver: Receiver): void {
    this.#inbox.start(receiver);
  }

  send(message: Message): Promise<void> | void {
    switch (this.#phase) {
      case "fresh":
        return this.#open(message);
      case "opening":
        this.#held.push(message);
        return;
      case "open":
        return this.#publish(message);
      case "ended":
        return;
    }
  }

  /** Takes a message that arrived on the client's response topic. */
  deliver(packet: ReceivedPacket): void {
    if (this.#phase === "ended" || !this.#isMine(packet)) return;
    if (userProperty(packet, CLOSED) !== undefined) return this.fail(closedFailure(packet));
    if (this.#phase === "opening") this.#opened(packet.properties.responseTopic);
    if (packet.payload.length === 0) return;
    const message = new Message(packet.payload);
    if (message.kind === "malformed") {
      this.#options.observe({ type: "message.dropped", source: packet.topic, cause: "it is not JSON" });
      return;
    }
    this.#inbox.push(message);
    if (this.#inbox.bytes > INBOX_LIMIT) {
      this.fail(new Failure("session-ended", "The host does not read what the server sends"));
    }
  }

  /** Ends the session because the server has, or cannot be reached. */
  fail(failure: Failure): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#cancelDeadline?.();
    this.#abort.abort(failure);
    this.#end.resolve(failure);
  }

  close(reason?: Failure): Promise<void> {
    const wasOpen = this.#phase === "opening" || this.#phase === "open";
    this.#phase = "ended";
    this.#cancelDeadline?.();
    if (wasOpen) this.#sayGoodbye();
    this.#end.resolve(reason);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #isMine(packet: ReceivedPacket): boolean {
    return !this.#hasProperties() || userProperty(packet, SESSION) === this.#options.sessionId;
  }

  /** MQTT 3.1.1 has no properties: there the client id is all that tells sessions apart, and nobody says welcome. */
  #hasProperties(): boolean {
    const { state } = this.#options.link;
    return state.status !== "online" || state.limits.protocolVersion === 5;
  }

  #open(message: Message): Promise<void> | void {
    if (!this.#hasProperties()) {
      this.#phase = "open";
      return this.#publish(message);
    }
    this.#phase = "opening";
    const { clock = systemClock, connectTimeout, instance } = this.#options;
    this.#cancelDeadline = clock.after(connectTimeout, () => {
      const text = `No server has answered on "${this.#topic}" within ${connectTimeout / 1000} s`;
      this.fail(new Failure("server-not-responding", text));
    });
    return this.#publish(message, instance === undefined ? {} : { [INSTANCE]: instance });
  }

  #opened(instanceTopic: string | undefined): void {
    this.#cancelDeadline?.();
    this.#phase = "open";
    const { topics, link } = this.#options;
    const instance = instanceTopic?.split("/").at(-2) ?? "";
    if (instanceTopic !== undefined && topics.instance(instance).for(link.clientId) === instanceTopic) {
      this.#instance = instance;
      this.#topic = instanceTopic;
    }
    for (const message of this.#held.splice(0)) void this.#publish(message);
  }

  #publish(message: Message, userProperties: Record<string, string> = {}): Promise<void> | void {
    const { link, topics, qos, sessionId } = this.#options;
    const properties = {
      ...MESSAGE_PROPERTIES,
      responseTopic: topics.response.for(link.clientId),
      userProperties: { [SESSION]: sessionId, ...userProperties },
      ...(message.kind === "request" ? this.#requestProperties(message) : {}),
    };
    return link.publish(
      { topic: this.#topic, payload: message.bytes, qos, properties },
      (failure) => this.#undelivered(message, failure),
      this.#abort.signal,
    );
  }

  #requestProperties(message: Message): PublishProperties {
    const timeout = this.#options.timeout(message.method ?? "");
    const correlationData = new Uint8Array(4);
    new DataView(correlationData.buffer).setUint32(0, this.#correlation++);
    return Number.isFinite(timeout)
      ? { correlationData, messageExpiryInterval: Math.ceil(timeout / 1000) }
      : { correlationData };
  }

  #undelivered(message: Message, failure: Failure | undefined): void {
    if (failure === undefined || this.#phase === "ended") return;
    if (failure.reason === "no-server-online") {
      if (this.#instance === undefined) return this.fail(failure);
      return this.fail(new Failure("server-gone", "The server that had the session is gone"));
    }
    this.#options.observe({ type: "publish.failed", topic: this.#topic, cause: failure.message });
    if (this.#phase === "opening") return this.fail(failure);
    if (message.id === undefined) return;
    const answer = failure.toResponse(message.id);
    if (message.kind === "request") this.#inbox.push(answer);
    else if (message.kind === "response") void this.#publish(answer);
  }

  #sayGoodbye(): void {
    const { link, topics, sessionId } = this.#options;
    const properties = { ...MESSAGE_PROPERTIES, userProperties: { [SESSION]: sessionId } };
    void link.publish({ topic: topics.closed.for(link.clientId), payload: disconnected(), qos: 1, properties });
  }
}
