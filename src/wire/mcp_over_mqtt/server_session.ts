/**
 * The server's side of a session.
 *
 * @module
 */
import { failureResponses, requestsIn, responsesIn } from "../../core/batch.ts";
import type { Channel, Receiver } from "../../core/channel.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { Inbox } from "../../core/inbox.ts";
import { Message } from "../../core/message.ts";
import { invalidResponse, problemOf } from "../../core/parse_error.ts";
import type { MqttLink, PublishProperties, ReceivedPacket, Subscription } from "../../mqtt/mod.ts";
import { cancelledRequest, INITIALIZE, PendingRequests } from "../../relay/mod.ts";
import { INBOX_LIMIT, plainQoS, tooLarge } from "../packets.ts";
import { shownTrace } from "../trace_properties.ts";
import type { ServerOptions } from "../profile.ts";
import { disconnected, isDisconnected } from "../notifications.ts";
import { Liveness } from "./liveness.ts";
import { answerToPing, asProbe, isProbe, isServerCapability, publishProperties } from "./messages.ts";
import { both, Pace } from "./pace.ts";
import type { ServerInstance, Topics } from "./topics.ts";

/** The options of a {@linkcode ServerSession}. */
export interface ServerSessionOptions {
  readonly link: MqttLink;
  readonly topics: Topics;
  readonly server: ServerInstance;
  /** The client's MQTT client id. */
  readonly clientId: string;
  readonly options: ServerOptions;
  /** Takes over the session's topics, on which the client may go on to send; called at most once. */
  readonly leftBehind: () => void;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/** How long a client may take to answer a ping, in ms. */
const PING_TIMEOUT = 10_000;

/**
 * The channel to one client.
 *
 * It subscribes to the client's topics when somebody calls {@linkcode receive}. Nothing is sent before the broker has
 * granted these subscriptions, since the client uses the topics from the first answer on.
 */
export class ServerSession implements Channel {
  readonly closed: Promise<Failure | undefined>;
  readonly #options: ServerSessionOptions;
  readonly #rpcTopic: string;
  readonly #properties: PublishProperties;
  readonly #end: PromiseWithResolvers<Failure | undefined> = Promise.withResolvers();
  readonly #inbox = new Inbox();
  readonly #abort = new AbortController();
  readonly #unanswered = new PendingRequests(systemClock, () => {});
  readonly #liveness: Liveness;
  readonly #pace: Pace;
  /** Whether the client was pinged, and nothing has arrived since. */
  #doubted = false;
  #phase: "fresh" | "subscribing" | "open" | "ended" = "fresh";
  /** Messages that wait until the broker has acknowledged the subscriptions, and for those before them. */
  readonly #held = new Inbox();
  #initialized = false;
  #answered = false;

  constructor(options: ServerSessionOptions) {
    this.#options = options;
    this.#rpcTopic = options.topics.rpc(options.clientId, options.server);
    this.#properties = publishProperties("mcp-server", options.server.serverId, crypto.randomUUID());
    this.closed = this.#end.promise;
    const clock = options.clock ?? systemClock;
    const probe = asProbe(this.#properties);
    this.#pace = new Pace(clock, (ping) => void this.#publishBytes(this.#rpcTopic, ping.bytes, undefined, probe));
    this.#liveness = new Liveness(clock, (limit) => {
      const text = `The client has not answered a ping within ${limit / 1000} s`;
      void this.close(new Failure("session-ended", text));
    });
  }

  /** The name of the session in logs: the client id. */
  get name(): string {
    return this.#options.clientId;
  }

  get client(): string {
    return this.#options.clientId;
  }

  /** The client's will reports when it is gone. */
  get hasWill(): boolean {
    return true;
  }

  /** Pings a silent client, which may be gone (MCP over MQTT, "Health Checks"). */
  doubt(): void {
    if (this.#phase !== "open" || this.#doubted) return;
    this.#doubted = true;
    void this.#publish(this.#liveness.doubt(PING_TIMEOUT));
  }

  /**
   * Whether a further `initialize` can belong to this session. It can if the client has sent another request first, and
   * has had no message from the server yet.
   */
  get awaitsInitialize(): boolean {
    return !this.#initialized && !this.#answered;
  }

  receive(receiver: Receiver): void {
    if (this.#phase === "fresh") {
      this.#phase = "subscribing";
      void this.#subscribe();
    }
    this.#inbox.start(receiver);
  }

  /** Takes a message for this session. */
  deliver(packet: ReceivedPacket): void {
    // A retained message is from an earlier client with the same id.
    if (this.#phase === "ended" || packet.retain) return;
    const message = new Message(packet.payload);
    this.#doubted = false;
    this.#liveness.heardForUs();
    if (isDisconnected(message)) return this.abandon();
    if (this.#liveness.isAnswer(message) || this.#pace.takes(message)) return;
    if (isProbe(packet, message)) return void this.#publishBytes(this.#rpcTopic, answerToPing(message).bytes);
    const { maxMessage, observe } = this.#options.options;
    const problem = problemOf(message);
    const failure = packet.payload.length > maxMessage ? tooLarge(packet.payload.length, maxMessage) : undefined;
    if (problem !== undefined || failure !== undefined) {
      observe({ type: "message.dropped", source: packet.topic, cause: problem ?? failure?.message ?? "" });
      const answer = invalidResponse(message);
      if (failure === undefined) return void (answer && this.send(answer));
      for (const answer of failureResponses(failure, requestsIn(message))) void this.send(answer);
      for (const answer of failureResponses(failure, responsesIn(message))) this.#inbox.push(answer);
      return;
    }
    if (message.kind === "notification") this.#options.link.expectMore();
    this.#note(message);
    this.#inbox.push(message);
    if (this.#inbox.bytes > INBOX_LIMIT) {
      void this.close(new Failure("session-ended", "The server process does not read what it is sent"));
    }
  }

  send(message: Message): Promise<void> | void {
    const { maxMessage } = this.#options.options;
    if (message.bytes.length > maxMessage) {
      return this.#refuse(message, tooLarge(message.bytes.length, maxMessage));
    }
    switch (this.#phase) {
      case "fresh":
      case "subscribing":
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

  close(reason?: Failure): Promise<void> {
    if (this.#phase === "ended") return Promise.resolve();
    for (const message of this.#held.takeAll()) void this.#publish(message);
    this.#sayGoodbye(reason);
    if (this.#phase === "fresh") this.#finish(reason);
    else this.#leaveBehind(reason);
    return Promise.resolve();
  }

  /** Ends the session because the client has ended it, or cannot be told. */
  abandon(reason?: Failure): void {
    if (this.#phase === "ended") return;
    this.#abort.abort(reason);
    this.#finish(reason);
  }

  /** Ends the session because the client has opened another one, which takes over the subscriptions. */
  replace(): void {
    this.#abort.abort();
    this.#stop();
    this.#end.resolve(new Failure("session-replaced", "The client has opened another session"));
    this.#phase = "ended";
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #note(message: Message): void {
    this.#initialized ||= message.method === INITIALIZE;
    for (const request of requestsIn(message)) this.#unanswered.add(request);
    const cancelled = cancelledRequest(message);
    if (cancelled !== undefined) this.#unanswered.cancel(cancelled);
  }

  #sayGoodbye(reason: Failure | undefined): void {
    if (reason !== undefined) {
      for (const { id } of this.#unanswered.takeAll()) void this.#publish(reason.toResponse(id));
    }
    void this.#publishBytes(this.#rpcTopic, disconnected());
  }

  #finish(reason: Failure | undefined): void {
    this.#phase = "ended";
    this.#stop();
    for (const { filter } of this.#subscriptions()) void this.#options.link.unsubscribe(filter);
    this.#end.resolve(reason);
  }

  /** Nothing is awaited or sent any more. */
  #stop(): void {
    this.#liveness.end();
    this.#pace.end();
    this.#held.takeAll();
  }

  /** Ends the session, and hands its topics over without a gap in the subscriptions. */
  #leaveBehind(reason: Failure | undefined): void {
    const { link, topics, clientId, leftBehind } = this.#options;
    this.#phase = "ended";
    this.#stop();
    leftBehind();
    void link.unsubscribe(topics.clientCapability(clientId));
    this.#end.resolve(reason);
  }

  async #subscribe(): Promise<void> {
    const { link } = this.#options;
    await Promise.all(this.#subscriptions().map((subscription) => link.subscribe(subscription)));
    if (this.#phase !== "subscribing") return;
    this.#phase = "open";
    this.#held.start((message) => this.#forward(message));
  }

  #forward(message: Message): Promise<void> | void {
    return both(this.#publish(message), this.#pace.sent());
  }

  #subscriptions(): Subscription[] {
    const { topics, clientId, options } = this.#options;
    const qos = plainQoS(options.qos);
    const refused = (failure: Failure) => void this.close(failure);
    return [
      {
        filter: topics.clientPresence(clientId),
        qos: 1,
        handler: (packet) => this.#onPresence(packet),
        refused,
      },
      {
        filter: topics.clientCapability(clientId),
        qos: 1,
        handler: (packet) => this.deliver(packet),
        refused,
      },
      { filter: this.#rpcTopic, qos, noLocal: true, handler: (packet) => this.deliver(packet), refused },
    ];
  }

  /**
   * A client says goodbye here with `notifications/disconnected`. An empty message, with which servers do so, counts as
   * well.
   */
  #onPresence(packet: ReceivedPacket): void {
    if (packet.retain) return;
    if (packet.payload.length > 0 && !isDisconnected(new Message(packet.payload))) return;
    // Other clients may publish to this topic too. If this client is still there, it needs answers to its open
    // requests.
    this.#sayGoodbye(new Failure("session-ended", "A message on the client's presence topic says that it is gone"));
    this.#finish(undefined);
  }

  #publish(message: Message): Promise<void> | void {
    const { topics, server } = this.#options;
    this.#answered = true;
    for (const response of responsesIn(message)) this.#unanswered.answer(response);
    const topic = isServerCapability(message) ? topics.serverCapability(server) : this.#rpcTopic;
    return this.#publishBytes(topic, message.bytes, message);
  }

  #publishBytes(
    topic: string,
    payload: Uint8Array,
    message?: Message,
    common = this.#properties,
  ): Promise<void> | void {
    const { link, options } = this.#options;
    return link.publish(
      {
        topic,
        payload,
        qos: plainQoS(options.qos),
        common,
        ...(message === undefined ? {} : shownTrace(message, options)),
      },
      (failure) => this.#undelivered(topic, message, failure),
      this.#abort.signal,
    );
  }

  #undelivered(topic: string, message: Message | undefined, failure: Failure | undefined): void {
    if (failure === undefined || this.#phase === "ended") return;
    if (failure.reason === "no-server-online") {
      if (topic !== this.#rpcTopic) return;
      this.abandon(new Failure("session-ended", "The client has left: nobody is subscribed to its topic"));
      return;
    }
    this.#options.options.observe({ type: "publish.failed", topic, cause: failure.message });
    if (message !== undefined) this.#refuse(message, failure);
  }

  /** Answers the requests in a message that could not be sent, so that nobody waits in vain. */
  #refuse(message: Message, failure: Failure): void {
    if (this.#liveness.isPing(message)) return;
    for (const answer of failureResponses(failure, requestsIn(message))) this.#inbox.push(answer);
    for (const { bytes } of failureResponses(failure, responsesIn(message))) {
      void this.#publishBytes(this.#rpcTopic, bytes); // if this fails too, nothing else is sent
    }
  }
}
