/**
 * One session, seen from its client.
 *
 * @module
 */
import { failureResponses, requestsIn, responsesIn } from "../../../core/batch.ts";
import type { Channel, Receiver } from "../../../core/channel.ts";
import { systemClock } from "../../../core/clock.ts";
import { waitAtMost } from "../../../core/waiting.ts";
import { Failure } from "../../../core/failure.ts";
import { Inbox } from "../../../core/inbox.ts";
import type { Message } from "../../../core/message.ts";
import type { MqttLink, PublishProperties, ReceivedPacket } from "../../../mqtt/mod.ts";
import { disconnected } from "../../notifications.ts";
import { isTraced, roomForTrace } from "../../trace_properties.ts";
import { DisconnectTimer } from "../session/disconnect_timer.ts";
import { SessionStream } from "../session/session_stream.ts";
import { type Frame, NOTHING } from "../session/frame.ts";
import {
  CLOSED,
  closedFailure,
  FORMAT,
  formatOf,
  frameProperties,
  frameTrace,
  largestPart,
  MESSAGE_PROPERTIES,
  NEWEST_FORMAT,
  qosOf,
  SESSION,
  toFrame,
  userProperty,
} from "../session/properties.ts";
import { windowOf } from "../session/receive_buffer.ts";
import type { Opening } from "./instances.ts";
import { RequestProperties } from "./request_properties.ts";
import { SessionOpening, type SessionOpeningOptions } from "./session_opening.ts";

/** What a {@linkcode ClientSession} is made of. */
export interface ClientSessionOptions extends SessionOpeningOptions {
  /** Whether it would be seen that this instance is gone. */
  readonly watches: (instance: string) => boolean;
}

/** How long a close waits for the server to take the host's last messages, in ms. */
const DELIVERY_TIMEOUT = 1_000;

/**
 * The channel to a server.
 *
 * The first message goes to the topic of all instances. The next messages wait for the server's first packet, which
 * names the instance that has the session: only that instance may get them.
 */
export class ClientSession implements Channel {
  readonly closed: Promise<Failure | undefined>;
  readonly #options: ClientSessionOptions;
  readonly #stream: SessionStream;
  readonly #end: PromiseWithResolvers<Failure | undefined> = Promise.withResolvers();
  readonly #abort = new AbortController();
  readonly #disconnectTimer: DisconnectTimer;
  readonly #opening: SessionOpening;
  readonly #requests: RequestProperties;
  #phase: "fresh" | "opening" | "open" | "ended" = "fresh";
  /** Whether the server numbers its messages; not before it has said so. */
  #numbered = false;
  /** Whether the server has taken anything, and with it what it was told about this end. */
  #acknowledged = false;
  #instance: string | undefined;
  #instanceTopic: string | undefined;
  /** The properties that all messages share, and those that all frames without a message share. */
  readonly #common: { readonly message: PublishProperties; readonly control: PublishProperties };
  /** Messages that wait for the server's first answer. */
  readonly #held = new Inbox();
  #unseen: readonly Message[] = [];
  #closing: Promise<void> | undefined;

  constructor(options: ClientSessionOptions) {
    const { link, topics, sessionId, limit, options: { maxMessage, observe, sessionExpiry, traceContext } } = options;
    const { clock = systemClock } = options;
    this.#options = options;
    this.#opening = new SessionOpening(options, {
      signal: this.#abort.signal,
      repeat: (frame, message) => void this.#transmit(frame, message, false),
      refused: (failure) => this.#undelivered(failure, { payload: NOTHING }, undefined),
      timedOut: (failure) => this.fail(failure),
    });
    this.#requests = new RequestProperties(options.options);
    const control = { ...MESSAGE_PROPERTIES, userProperties: { [SESSION]: sessionId } };
    this.#common = { message: { ...control, responseTopic: topics.response.for(link.clientId) }, control };
    this.closed = this.#end.promise;
    this.#disconnectTimer = new DisconnectTimer(
      clock,
      sessionExpiry,
      () => this.fail(new Failure("server-gone", "The server has gone offline", { instance: this.#instance ?? "" })),
    );
    this.#stream = new SessionStream({
      name: sessionId.slice(0, 8),
      transmit: (frame, message, confirmed) => this.#transmit(frame, message, confirmed),
      ended: () => {}, // when a server ends, so does the session
      asksAnyway: true,
      arrived: ({ kind }) => kind === "notification" && link.expectMore(),
      maximumPart: () => largestPart(link, this.#topic, sessionId.length + roomForTrace(traceContext)),
      travelsAlone: traceContext === true ? isTraced : undefined,
      limit,
      maxMessage,
      answerInvalid: () => undefined,
      window: () => windowOf(options.options.sharers?.() ?? 1),
      overflow: () => this.fail(new Failure("session-ended", "The host does not read what the server sends")),
      failed: (failure) => this.fail(failure),
      observe,
      clock,
    }, this.plain ? "plain" : NEWEST_FORMAT);
  }

  /** The instance that has the session, once it is known. */
  get instance(): string | undefined {
    return this.#instance;
  }

  get ended(): boolean {
    return this.#phase === "ended";
  }

  /** Where it was opened. */
  get opening(): Opening {
    return this.#opening.target;
  }

  /** Whether the session has no name of its own, because one end speaks MQTT 3.1.1. */
  get plain(): boolean {
    return this.opening.plain || !hasProperties(this.#options.link);
  }

  get watched(): boolean {
    return this.#phase === "open" && this.#numbered && this.#instance !== undefined &&
      this.#options.watches(this.#instance);
  }

  /** Only without properties: with them, messages are numbered, or the broker reports what it refuses. */
  get silentLoss(): string | undefined {
    return this.plain ? UNTOLD : undefined;
  }

  /** Text that is not JSON stops here. No MCP server sends it, and no host can read it. */
  receive(receiver: Receiver): void {
    this.#stream.start((message) => {
      if (message.kind !== "malformed") return receiver(message);
      this.#options.options.observe({
        type: "message.dropped",
        source: "the server's session",
        cause: "it is not JSON",
      });
    });
  }

  send(message: Message): Promise<void> | void {
    switch (this.#phase) {
      case "fresh":
        return this.#open(message);
      case "opening":
        this.#held.push(message);
        return this.#held.room();
      case "open":
        return this.#stream.send(message);
      case "ended":
        return;
    }
  }

  async end(): Promise<boolean> {
    if (this.#phase === "opening") await Promise.race([this.#opening.answered, this.closed]);
    return this.#phase === "open" && this.#numbered && this.#stream.end();
  }

  unseen(): readonly Message[] {
    return this.#unseen;
  }

  /** Takes a message that arrived on the client's response topic. */
  deliver(packet: ReceivedPacket): void {
    const { sessionId, options: { observe } } = this.#options;
    if (this.#phase === "ended" || this.#phase === "fresh") return;
    if (!this.plain && userProperty(packet, SESSION) !== sessionId) return;
    if (this.#isOfAnother(packet)) return;
    const frame = toFrame(packet);
    if (userProperty(packet, CLOSED) !== undefined) {
      const { direct } = this.opening; // of several that get the first message, another may have seen it
      if (this.#phase === "open" || direct) this.#unseen = this.#stream.unseen(frame.acknowledge?.number);
      return this.fail(closedFailure(packet));
    }
    this.#disconnectTimer.end();
    this.#acknowledged ||= frame.acknowledge !== undefined;
    if (this.#phase === "opening") this.#opened(frame, packet);
    if (this.#numbered && frame.sequence === undefined && frame.payload.length > 0) {
      observe({ type: "message.dropped", source: packet.topic, cause: "it has no number" });
      return;
    }
    this.#stream.receive(frame);
  }

  /** Ends the session because the server has, or cannot be reached. */
  fail(failure: Failure): void {
    this.#abort.abort(failure);
    this.#finish(failure);
  }

  /** The server seems to be gone. It may only have lost its connection, so it is asked. */
  absent(): void {
    // Asked once: "nobody listens" is an answer too, and would lead here again.
    if (this.#phase === "open" && this.#disconnectTimer.begin()) this.#stream.resume();
  }

  /** The server has shown that it is there. */
  present(): void {
    if (this.#disconnectTimer.end()) this.#stream.resume();
  }

  /** The connection to the broker is gone. */
  pause(): void {
    // Sending the first message again could open a second session, with another instance.
    if (this.#phase === "opening") {
      this.#opening.suspectSize();
      this.fail(
        new Failure("broker-unreachable", "The connection to the broker was lost while the session was opened"),
      );
    } else {
      this.#stream.pause();
    }
  }

  /** The connection to the broker is back. */
  resume(): void {
    if (this.#phase === "open") this.#stream.resume();
  }

  /** Ends the session when the server has taken what the host has said, or not in time. */
  close(reason?: Failure): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(reason: Failure | undefined): Promise<void> {
    const { link, clock } = this.#options;
    const reachable = this.#phase === "open" && link.state.status === "online";
    const delivered = reachable ? this.#stream.delivered() : undefined;
    if (delivered !== undefined) await waitAtMost(delivered, DELIVERY_TIMEOUT, clock);
    this.#stream.flush();
    if (this.#phase === "opening" || this.#phase === "open") this.#sayGoodbye();
    this.#finish(reason);
  }

  #finish(reason: Failure | undefined): void {
    this.#phase = "ended";
    this.#opening.stop();
    this.#disconnectTimer.end();
    this.#stream.close();
    this.#held.takeAll();
    this.#end.resolve(reason);
  }

  #open(message: Message): Promise<void> | void {
    const { instance, agreed } = this.opening;
    if (this.plain || agreed === true) {
      this.#phase = "open"; // in MQTT 3.1.1 nobody says welcome
      this.#numbered = !this.plain;
      this.#instance = instance;
    } else {
      this.#phase = "opening";
      if (this.#opening.begin(message)) this.#stream.become(1);
    }
    return this.#stream.send(message);
  }

  /** Whether a packet is from an instance that has opened the same session, as without discovery several may. */
  #isOfAnother({ properties: { responseTopic } }: ReceivedPacket): boolean {
    const ours = this.#instance ?? this.opening.instance;
    const theirs = this.#instanceOf(responseTopic);
    return ours !== undefined && theirs !== undefined && theirs !== ours;
  }

  /** The instance that a topic of this client's belongs to. */
  #instanceOf(topic: string | undefined): string | undefined {
    const { topics, link } = this.#options;
    const instance = topic?.split("/").at(-2);
    return instance !== undefined && topics.instance(instance).for(link.clientId) === topic ? instance : undefined;
  }

  /** Where messages go: to the instance that has the session, once it has told its topic. */
  get #topic(): string {
    return this.#instanceTopic ?? this.#opening.topic;
  }

  /** The server's first sign of life. */
  #opened(frame: Frame, packet: ReceivedPacket): void {
    const { responseTopic: instanceTopic } = packet.properties;
    this.#phase = "open";
    this.#opening.succeed();
    this.#numbered = frame.acknowledge !== undefined;
    const format = this.#numbered ? formatOf(userProperty(packet, FORMAT)) : "plain";
    if (format !== NEWEST_FORMAT && (this.#opening.announcesFormat || format !== 1)) this.#stream.become(format);
    const instance = this.#instanceOf(instanceTopic);
    if (instanceTopic !== undefined && instance !== undefined) {
      this.#instance = instance;
      this.#instanceTopic = instanceTopic;
    }
    this.#stream.respect(frame.maximum);
    for (const message of this.#held.takeAll()) void this.#stream.send(message);
  }

  #transmit(frame: Frame, message: Message | undefined, confirmed: boolean): Promise<void> | void {
    let asking = confirmed;
    if (this.#phase === "opening") {
      // All that may go where every server listens is the one message that opens the session.
      if (frame.sequence === undefined) return;
      asking = this.#opening.sent(frame, message) || confirmed;
    }
    const target = this.opening;
    return this.#publish(frame, message, asking, (failure) => {
      if (failure === undefined || this.#phase === "ended") return;
      if (!this.#opening.moveOn(failure, target)) return this.#undelivered(failure, frame, message);
      void this.#transmit(frame, message, confirmed);
    });
  }

  #publish(
    frame: Frame,
    message: Message | undefined,
    confirmed: boolean,
    done: (failure?: Failure) => void,
  ): Promise<void> | void {
    const { link, options: { qos } } = this.#options;
    const sessionQoS = this.#phase === "opening" ? this.#opening.qos : qosOf(qos, this.#numbered);
    return link.publish(
      {
        topic: this.#topic,
        payload: frame.payload,
        qos: confirmed ? qosOf(qos, false) : sessionQoS,
        ...(this.plain && message !== undefined && requestsIn(message).length > 0 ? { once: true } : {}),
        common: message === undefined ? this.#common.control : this.#common.message,
        properties: this.#properties(frame, message),
      },
      done,
      this.#abort.signal,
    );
  }

  #properties(frame: Frame, message: Message | undefined): PublishProperties {
    const userProperties = frameProperties(frame);
    if (this.#options.options.traceContext === true) Object.assign(userProperties, frameTrace(frame, message) ?? {});
    const opening = this.#phase === "opening";
    if (opening) this.#opening.addTo(userProperties);
    if (this.#opening.target.agreed === true && !this.#acknowledged) this.#opening.addMaximumTo(userProperties);
    if (message?.kind !== "request") return { userProperties };
    return this.#requests.next(message.method ?? "", opening || this.#numbered, userProperties);
  }

  #undelivered(failure: Failure, frame: Frame, message: Message | undefined): void {
    const opening = this.#phase === "opening";
    if (failure.reason === "no-server-online") return opening ? this.fail(failure) : this.absent();
    const mayGoOn = frame.sequence !== undefined && (!opening || failure.reason === "too-large");
    if (mayGoOn && this.#stream.refused(frame, failure)) return;
    this.#options.options.observe({ type: "publish.failed", topic: this.#topic, cause: failure.message });
    if (this.#numbered || opening) return this.fail(failure);
    if (message === undefined) return;
    for (const answer of failureResponses(failure, requestsIn(message))) this.#stream.inject(answer);
    for (const answer of failureResponses(failure, responsesIn(message))) {
      void this.#publish({ payload: answer.bytes }, answer, false, () => {});
    }
  }

  #sayGoodbye(): void {
    const { link, topics } = this.#options;
    const packet = { topic: topics.closed.for(link.clientId), payload: disconnected(), qos: 1 } as const;
    void link.publish({ ...packet, properties: this.#common.control });
  }
}

/** In MQTT 3.1.1 a broker acknowledges a message that it drops, and cannot say why. */
const UNTOLD =
  "It may still be at work. Or the request or its answer was larger than what the broker hands on, which " +
  "nobody is told in MQTT 3.1.1: let check find out what passes, and set --max-packet at both ends, or raise the broker's " +
  "limit (mosquitto: message_size_limit)";

/** MQTT 3.1.1 has no properties: there the client id is all that tells sessions apart. */
function hasProperties({ state }: MqttLink): boolean {
  return state.status !== "online" || state.limits.protocolVersion === 5;
}
