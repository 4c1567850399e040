/**
 * One client's session, seen from the server.
 *
 * @module
 */
import type { Channel, Receiver } from "../../core/channel.ts";
import type { Observer } from "../../core/events.ts";
import { Failure } from "../../core/failure.ts";
import { Inbox } from "../../core/inbox.ts";
import { idKey } from "../../core/json_rpc.ts";
import type { Message } from "../../core/message.ts";
import type { MqttLink, PublishProperties, QoS, Settled } from "../../mqtt/mod.ts";
import { CLOSED, disconnected, MESSAGE_PROPERTIES, SESSION } from "./properties.ts";

/** What a {@linkcode ServerSession} is made of. */
export interface ServerSessionOptions {
  readonly name: string;
  readonly link: MqttLink;
  /** The client's own name for the session; `undefined` for a plain requester, which has none. */
  readonly sessionId: string | undefined;
  readonly responseTopic: string;
  /** Where the client is to publish from now on; `undefined` when it cannot be told. */
  readonly instanceTopic: string | undefined;
  readonly qos: QoS;
  readonly observe: Observer;
}

/** How many Correlation Data of unanswered requests are kept; more than that is a client that never listens. */
const CORRELATION_LIMIT = 100_000;

/** A session whose server process leaves this many bytes unread is ended. */
const INBOX_LIMIT = 64 * 1024 * 1024;

/** The channel to one client. */
export class ServerSession implements Channel {
  readonly name: string;
  readonly closed: Promise<Failure | undefined>;
  readonly #options: ServerSessionOptions;
  readonly #properties: PublishProperties;
  readonly #end: PromiseWithResolvers<Failure | undefined> = Promise.withResolvers();
  readonly #correlations = new Map<string, Uint8Array>();
  readonly #inbox = new Inbox();
  #ended = false;

  constructor(options: ServerSessionOptions) {
    this.name = options.name;
    this.#options = options;
    this.#properties = options.sessionId === undefined
      ? MESSAGE_PROPERTIES
      : { ...MESSAGE_PROPERTIES, userProperties: { [SESSION]: options.sessionId } };
    this.closed = this.#end.promise;
    if (options.instanceTopic !== undefined) this.#welcome(options.instanceTopic);
  }

  receive(receiver: Receiver): void {
    this.#inbox.start(receiver);
  }

  /** Takes a message that arrived for this session. */
  deliver(message: Message, correlationData: Uint8Array | undefined): void {
    if (this.#ended) return;
    if (message.kind === "request" && message.id !== undefined && correlationData !== undefined) {
      if (this.#correlations.size < CORRELATION_LIMIT) this.#correlations.set(idKey(message.id), correlationData);
    }
    this.#inbox.push(message);
    if (this.#inbox.bytes > INBOX_LIMIT) {
      void this.close(new Failure("session-ended", "The server process does not read what it is sent"));
    }
  }

  send(message: Message): Promise<void> | void {
    if (this.#ended) return;
    const properties = this.#propertiesFor(message);
    return this.#publish(message.bytes, properties, (failure) => this.#undelivered(message, properties, failure));
  }

  close(reason?: Failure): Promise<void> {
    if (this.#ended) return Promise.resolve();
    if (reason !== undefined) this.#refuseInbox(reason);
    this.#ended = true;
    if (this.#options.sessionId !== undefined) {
      const userProperties = {
        ...this.#properties.userProperties,
        [CLOSED]: reason?.reason ?? "session-ended",
      };
      void this.#publish(disconnected(reason), { ...this.#properties, userProperties });
    }
    this.#end.resolve(reason);
    return Promise.resolve();
  }

  /** Ends the session because the client has. Nobody listens any more. */
  abandon(reason?: Failure): void {
    this.#ended = true;
    this.#end.resolve(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Tells the client that it has a session, and with which instance, before anything else does. */
  #welcome(responseTopic: string): void {
    void this.#publish(new Uint8Array(), { ...this.#properties, responseTopic });
  }

  #propertiesFor(message: Message): PublishProperties {
    if (message.kind !== "response" || message.id === undefined || this.#correlations.size === 0) {
      return this.#properties;
    }
    const key = idKey(message.id);
    const correlationData = this.#correlations.get(key);
    if (correlationData === undefined) return this.#properties;
    this.#correlations.delete(key);
    return { ...this.#properties, correlationData };
  }

  #publish(payload: Uint8Array, properties: PublishProperties, settled?: Settled): Promise<void> | void {
    const { link, responseTopic, qos } = this.#options;
    return link.publish({ topic: responseTopic, payload, qos, properties }, settled);
  }

  #undelivered(message: Message, properties: PublishProperties, failure: Failure | undefined): void {
    if (failure === undefined || this.#ended) return;
    if (failure.reason === "no-server-online") {
      this.abandon(new Failure("session-ended", "The client has left: nobody is subscribed to its response topic"));
      return;
    }
    this.#options.observe({ type: "publish.failed", topic: this.#options.responseTopic, cause: failure.message });
    if (message.id === undefined) return;
    const answer = failure.toResponse(message.id);
    if (message.kind === "response") void this.#publish(answer.bytes, properties);
    else if (message.kind === "request") this.#inbox.push(answer);
  }

  #refuseInbox(reason: Failure): void {
    for (const message of this.#inbox.takeAll()) {
      if (message.kind === "request" && message.id !== undefined) void this.send(reason.toResponse(message.id));
    }
  }
}
