/**
 * The client's side of a session.
 *
 * @module
 */
import { failureResponses, requestsIn, responsesIn } from "../../core/batch.ts";
import type { Channel, Receiver } from "../../core/channel.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { Inbox } from "../../core/inbox.ts";
import { Message } from "../../core/message.ts";
import type { MqttLink, PublishProperties, ReceivedPacket } from "../../mqtt/mod.ts";
import { backstopOf, INITIALIZE, PING, timeoutOf } from "../../relay/mod.ts";
import { INBOX_LIMIT, plainQoS, tooLarge } from "../packets.ts";
import { shownTrace } from "../trace_properties.ts";
import type { ClientOptions } from "../profile.ts";
import { isDisconnected } from "../notifications.ts";
import { Broadcasts } from "./broadcasts.ts";
import { answerToPing, asProbe, isClientCapability, isProbe, publishProperties } from "./messages.ts";
import { Opening } from "./opening.ts";
import { Liveness } from "./liveness.ts";
import { both, Pace } from "./pace.ts";
import type { ServerInstance, Topics } from "./topics.ts";

/** The options of a {@linkcode ClientSession}. */
export interface ClientSessionOptions {
  readonly link: MqttLink;
  readonly topics: Topics;
  readonly server: ServerInstance;
  readonly options: ClientOptions;
  /** Finds another instance when the chosen one does not answer. */
  readonly another: (instead: ServerInstance) => Promise<ServerInstance | undefined>;
  /** Releases the connection of the session; called once. */
  readonly release: () => Promise<void>;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/**
 * The channel to a server.
 *
 * The first request goes to the server's control topic. All further messages wait for its answer. Only then has the
 * server subscribed to the RPC topic, which they use.
 */
export class ClientSession implements Channel {
  readonly closed: Promise<Failure | undefined>;
  readonly #options: ClientSessionOptions;
  readonly #clock: Clock;
  readonly #properties: PublishProperties;
  readonly #end: PromiseWithResolvers<Failure | undefined> = Promise.withResolvers();
  readonly #inbox = new Inbox();
  readonly #abort = new AbortController();
  #phase: "fresh" | "opening" | "open" | "ended" = "fresh";
  #opening: Opening | undefined;
  /** Messages that wait until the session is open, and for those before them. */
  readonly #held = new Inbox();
  readonly #broadcasts: Broadcasts;
  readonly #liveness: Liveness;
  readonly #pace: Pace;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#broadcasts = new Broadcasts(this.#clock);
    this.#liveness = new Liveness(this.#clock, (limit) => this.#timedOut(limit));
    this.#properties = publishProperties("mcp-client", options.link.clientId);
    const probe = asProbe(this.#properties);
    this.#pace = new Pace(this.#clock, (ping) => void this.#publish(this.#topicOf(ping), ping, () => {}, probe));
    this.closed = this.#end.promise;
  }

  /** The MQTT client id of the server. */
  get serverId(): string {
    return this.#server.serverId;
  }

  get #server(): ServerInstance {
    return this.#opening?.server ?? this.#options.server;
  }

  get ended(): boolean {
    return this.#phase === "ended";
  }

  receive(receiver: Receiver): void {
    this.#inbox.start(receiver);
  }

  send(message: Message): Promise<void> | void {
    const { maxMessage } = this.#options.options;
    if (message.bytes.length > maxMessage) {
      return this.#refuse(message, tooLarge(message.bytes.length, maxMessage));
    }
    this.#broadcasts.sent(message);
    switch (this.#phase) {
      case "fresh":
        if (requestsIn(message).length > 0) return this.#open(message);
        this.#held.push(message);
        return;
      case "opening":
        // A server may never answer a first request that it does not know. A later `initialize` still opens a session.
        if (message.method === INITIALIZE) return this.#open(message);
        this.#held.push(message);
        return this.#held.room();
      case "open":
        if (this.#held.ready) return this.#forward(message);
        this.#held.push(message);
        return this.#held.room();
      case "ended":
        return;
    }
  }

  /** Takes a message of the server to this session. */
  deliver(packet: ReceivedPacket): void {
    if (this.#phase === "ended" || packet.retain) return;
    const message = new Message(packet.payload);
    this.#liveness.heardForUs();
    this.#broadcasts.received(packet);
    if (isDisconnected(message)) {
      return this.fail(new Failure("session-ended", "The server has ended the session", { instance: this.serverId }));
    }
    if (message.kind === "malformed") return this.#drop(packet, "it is not JSON");
    if (packet.payload.length > this.#options.options.maxMessage) return this.#refuseArrived(packet, message);
    if (this.#opening?.isProbed(message) === true || this.#liveness.isAnswer(message)) return;
    if (this.#pace.takes(message)) return;
    if (this.#phase === "open" && isProbe(packet, message)) {
      const answer = answerToPing(message);
      return void this.#publish(this.#topicOf(answer), answer, () => {});
    }
    if (message.kind === "notification") this.#options.link.expectMore();
    if (this.#phase === "opening") this.#opened();
    this.#push(message);
  }

  /** Takes a message of the server to all its clients. */
  deliverCapability(packet: ReceivedPacket): void {
    // Before the session is open, the host has no list that could have changed.
    if (this.#phase !== "open" || packet.retain) return;
    const message = new Message(packet.payload);
    this.#liveness.heard();
    if (message.kind === "malformed") this.#drop(packet, "it is not JSON");
    else if (packet.payload.length > this.#options.options.maxMessage) this.#refuseArrived(packet, message);
    else if (this.#broadcasts.wants(message, packet)) this.#push(message);
  }

  /** Pings the server, which may have forgotten the session. If it does not answer, the session ends. */
  doubt(): void {
    if (this.#phase !== "open") return;
    const { connectTimeout } = this.#options.options;
    const ping = this.#liveness.doubt(Math.min(backstopOf(PING), connectTimeout));
    void this.#publish(this.#topicOf(ping), ping);
  }

  /** Ends the session because the server has ended it, or cannot be reached. */
  fail(failure: Failure): void {
    if (this.#phase === "ended") return;
    this.#abort.abort(failure);
    void this.#finish(failure);
  }

  async close(reason?: Failure): Promise<void> {
    if (this.#phase !== "ended") await this.#finish(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #finish(reason: Failure | undefined): Promise<void> {
    this.#phase = "ended";
    this.#opening?.end();
    this.#liveness.end();
    this.#pace.end();
    this.#held.takeAll();
    this.#end.resolve(reason);
    return this.#options.release();
  }

  #open(message: Message): Promise<void> | void {
    this.#phase = "opening";
    this.#opening?.end();
    const { link, topics, options, another } = this.#options;
    const server = this.#server;
    this.#opening = new Opening(
      {
        link,
        topics,
        options,
        properties: this.#properties,
        clock: this.#clock,
        limit: this.#limitOf(message.method ?? ""),
        another,
        failed: (failure) => this.fail(failure),
        signal: this.#abort.signal,
      },
      message,
      server,
    );
    return this.#opening.begin();
  }

  /** How long the server may be silent after a request of this method, in ms. */
  #limitOf(method: string): number {
    // A user who turns timeouts off wants long work to finish. That does not mean waiting forever for an absent server.
    const timeout = timeoutOf(method, this.#options.options);
    return Number.isFinite(timeout) ? timeout : backstopOf(INITIALIZE);
  }

  /** MCP over MQTT, "Health Checks": a client without an answer to a ping says goodbye and disconnects. */
  #timedOut(limit: number): void {
    const text = `The server "${this.#server.serverName}" has not answered a ping within ${limit / 1000} s`;
    this.fail(new Failure("server-not-responding", text, { instance: this.serverId }));
  }

  #opened(): void {
    this.#opening?.end();
    this.#phase = "open";
    this.#held.start((message) => this.#forward(message));
  }

  #forward(message: Message): Promise<void> | void {
    if (message.method === PING) this.#liveness.pinged(this.#limitOf(PING));
    return both(this.#publish(this.#topicOf(message), message), this.#pace.sent());
  }

  #topicOf(message: Message): string {
    const { topics, link } = this.#options;
    return isClientCapability(message)
      ? topics.clientCapability(link.clientId)
      : topics.rpc(link.clientId, this.#server);
  }

  #publish(
    topic: string,
    message: Message,
    done = (failure?: Failure) => this.#undelivered(topic, message, failure),
    common = this.#properties,
  ): Promise<void> | void {
    const { link, options } = this.#options;
    return link.publish(
      {
        topic,
        payload: message.bytes,
        qos: plainQoS(options.qos),
        common,
        ...shownTrace(message, options),
      },
      done,
      this.#abort.signal,
    );
  }

  #undelivered(topic: string, message: Message, failure: Failure | undefined): void {
    if (failure === undefined || this.#phase === "ended") return;
    if (failure.reason === "no-server-online") {
      // A server need not subscribe to this topic. Servers of paho-mcp-over-mqtt 3452b81 do not, since they have no
      // roots/list_changed.
      if (isClientCapability(message)) return;
      this.fail(new Failure("server-gone", "The server is gone: it no longer listens", { instance: this.serverId }));
      return;
    }
    this.#options.options.observe({ type: "publish.failed", topic, cause: failure.message });
    this.#refuse(message, failure);
  }

  /** Answers the requests in a message that could not be sent, so that nobody waits in vain. */
  #refuse(message: Message, failure: Failure): void {
    if (this.#liveness.isPing(message)) return;
    for (const answer of failureResponses(failure, requestsIn(message))) this.#push(answer);
    for (const answer of failureResponses(failure, responsesIn(message))) {
      // If this error response cannot be published either, it is not replaced by another.
      void this.#publish(this.#topicOf(answer), answer, () => {});
    }
  }

  #push(message: Message): void {
    this.#inbox.push(message);
    if (this.#inbox.bytes > INBOX_LIMIT) {
      this.fail(new Failure("session-ended", "The host does not read what the server sends"));
    }
  }

  /** Answers for a received message that is too large, so that nobody waits in vain. */
  #refuseArrived(packet: ReceivedPacket, message: Message): void {
    const failure = tooLarge(packet.payload.length, this.#options.options.maxMessage);
    this.#drop(packet, failure.message);
    for (const answer of failureResponses(failure, responsesIn(message))) this.#push(answer);
    for (const answer of failureResponses(failure, requestsIn(message))) {
      void this.#publish(this.#topicOf(answer), answer, () => {});
    }
  }

  #drop(packet: ReceivedPacket, cause: string): void {
    this.#options.options.observe({ type: "message.dropped", source: packet.topic, cause });
  }
}
