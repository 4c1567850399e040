/**
 * One client's session, seen from the server.
 *
 * @module
 */
import { failureResponses, requestsIn, responsesIn } from "../../../core/batch.ts";
import type { Receiver } from "../../../core/channel.ts";
import { type Clock, systemClock } from "../../../core/clock.ts";
import { waitAtMost } from "../../../core/waiting.ts";
import { Failure } from "../../../core/failure.ts";
import type { Message } from "../../../core/message.ts";
import { invalidResponse } from "../../../core/parse_error.ts";
import type { MqttLink, PublishProperties } from "../../../mqtt/mod.ts";
import { disconnected } from "../../notifications.ts";
import { isTraced, roomForTrace } from "../../trace_properties.ts";
import type { IncomingSession, ServerOptions } from "../../profile.ts";
import { DisconnectTimer } from "../session/disconnect_timer.ts";
import { SessionStream } from "../session/session_stream.ts";
import type { SessionFormat } from "../session/format.ts";
import { type Frame, NOTHING, type Writable } from "../session/frame.ts";
import { behind } from "../session/position.ts";
import type { PathLimit } from "../session/path_limit.ts";
import {
  CLOSED,
  frameProperties,
  frameTrace,
  largestPart,
  MESSAGE_PROPERTIES,
  NEWEST_FORMAT,
  qosOf,
  SESSION,
} from "../session/properties.ts";
import { Correlations } from "./correlations.ts";
import { Welcome } from "./welcome.ts";

/** What a {@linkcode ServerSession} is made of. */
export interface ServerSessionOptions {
  readonly name: string;
  /** The MQTT client id. @default {""}: not known */
  readonly client?: string;
  readonly link: MqttLink;
  /** The client's own name for the session; `undefined` for a plain requester, which has none. */
  readonly sessionId: string | undefined;
  /** How the client numbers its messages. */
  readonly format: SessionFormat;
  /** How many packets the client may send without an acknowledgement. */
  readonly window: () => number;
  /** What is known of the size of what gets through to clients. */
  readonly limit: PathLimit;
  readonly responseTopic: string;
  /** Where the client is to publish from now on; `undefined` when it cannot be told. */
  readonly instanceTopic: string | undefined;
  readonly options: ServerOptions;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/** A close waits as long as the client goes on taking messages. After this time without progress, in ms, it ends. */
const DELIVERY_TIMEOUT = 30_000;

/** How long a close may take when the program itself is ending, in ms. */
const SHUTDOWN_TIMEOUT = 1_000;

/** The channel to one client. */
export class ServerSession implements IncomingSession {
  readonly name: string;
  readonly client: string;
  readonly closed: Promise<Failure | undefined>;
  readonly peerEnded: Promise<void>;
  readonly #options: ServerSessionOptions;
  readonly #stream: SessionStream;
  readonly #end: PromiseWithResolvers<Failure | undefined> = Promise.withResolvers();
  readonly #abort = new AbortController();
  readonly #correlations = new Correlations();
  readonly #welcome: Welcome;
  readonly #disconnectTimer: DisconnectTimer;
  /** The properties that all messages share. */
  readonly #common: PublishProperties;
  #closing: Promise<void> | undefined;
  #ended = false;

  constructor(options: ServerSessionOptions) {
    const { name, link, responseTopic, format, window, limit, clock = systemClock } = options;
    const { maxMessage, sessionExpiry, observe, traceContext } = options.options;
    this.name = name;
    this.client = options.client ?? "";
    this.#options = options;
    const { sessionId } = options;
    this.#common = sessionId === undefined
      ? MESSAGE_PROPERTIES
      : { ...MESSAGE_PROPERTIES, userProperties: { [SESSION]: sessionId } };
    this.#welcome = new Welcome(options.instanceTopic, format === NEWEST_FORMAT, maxMessage);
    this.closed = this.#end.promise;
    const peerEnd = Promise.withResolvers<void>();
    this.peerEnded = peerEnd.promise;
    this.#disconnectTimer = new DisconnectTimer(
      clock,
      sessionExpiry,
      () => this.left(new Failure("session-ended", "The client has gone without a goodbye")),
    );
    this.#stream = new SessionStream({
      name,
      transmit: (frame, message, confirmed) => this.#transmit(frame, message, confirmed),
      ended: peerEnd.resolve,
      arrived: (message, correlation) => {
        if (message.kind === "notification") link.expectMore();
        this.#correlations.remember(message, correlation);
      },
      maximumPart: () =>
        largestPart(
          link,
          responseTopic,
          3 * (sessionId?.length ?? 0) + this.#correlations.longest + roomForTrace(traceContext),
        ),
      travelsAlone: traceContext === true ? isTraced : undefined,
      limit,
      maxMessage,
      answerInvalid: (message) => this.#answerInvalid(message),
      window,
      overflow: () => void this.close(new Failure("session-ended", "The server process does not read what it is sent")),
      failed: (failure) => this.#fail(failure),
      observe,
      clock,
    }, format);
  }

  get #numbered(): boolean {
    return this.#options.format !== "plain";
  }

  /** A client that numbers its messages answers when it is asked whether it is there. */
  get watched(): boolean {
    return this.#numbered;
  }

  receive(receiver: Receiver): void {
    this.#stream.start((message) => message.kind === "malformed" ? this.#refuseMalformed(message) : receiver(message));
  }

  #refuseMalformed(message: Message): Promise<void> | void {
    this.#options.options.observe({ type: "message.dropped", source: this.name, cause: "it is not JSON" });
    const answer = this.#answerInvalid(message);
    return answer && this.send(answer);
  }

  #answerInvalid(message: Message): Message | undefined {
    return invalidResponse(message, this.#options.sessionId === undefined ? "null" : undefined);
  }

  /** Takes a frame that arrived for this session. */
  deliver(frame: Frame): void {
    if (this.#ended) return;
    this.#disconnectTimer.end();
    if (frame.acknowledge !== undefined) this.#welcome.acknowledged();
    this.#stream.receive(this.#closing === undefined ? frame : answerOf(frame));
  }

  /** The client seems to be gone. It may only have lost its connection, so it gets time to come back. */
  absent(): void {
    if (!this.#ended) this.#disconnectTimer.begin();
  }

  /** A message says that the client is gone. The client is asked: if it answers, it keeps its session. */
  doubt(): void {
    // Asked once: whoever says so again and again must not make this end ask as often.
    if (!this.#ended && this.#disconnectTimer.begin()) this.#stream.resume();
  }

  /** Tells the client soon that it has a session, and with which instance, even if the server process is slow. */
  welcome(): void {
    const { sessionId, clock = systemClock } = this.#options;
    if (sessionId === undefined) return;
    this.#welcome.sendSoon(clock, () => this.#stream.acknowledge());
  }

  /** The client has shown that it knows its instance. */
  confirmInstance(): void {
    this.#welcome.confirmed();
  }

  send(message: Message): Promise<void> | void {
    if (this.#ended) return;
    this.#correlations.of(message); // in a batch of several it travels without
    return this.#stream.send(message);
  }

  /** The connection to the broker is gone. */
  pause(): void {
    this.#disconnectTimer.end(); // it is this end that is away
    this.#stream.pause();
  }

  /**
   * The connection to the broker is back. Meanwhile the client may have gone to another server. So it is asked, and the
   * session ends if it does not answer. A plain requester cannot be asked.
   */
  resume(): void {
    if (this.#ended) return;
    if (this.#numbered) this.#disconnectTimer.begin();
    this.#stream.resume();
  }

  /** Ends the session when the client has taken what the server has said, or not in time. */
  close(reason?: Failure): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  /** Ends the session because the client has opened another one: it does not listen to this one any more. */
  replace(): void {
    this.expel(new Failure("session-replaced", "The client has opened another session"));
  }

  /** Ends the session at once: the client gets nothing more but the reason. */
  expel(reason: Failure): void {
    this.#leave(reason);
  }

  /**
   * Ends the session because a message says that the client has left it. The message may be wrong, or forged. So the
   * client is told that the session is over, and does not wait for answers.
   */
  left(reason?: Failure): void {
    if (this.#ended) return;
    this.#abort.abort();
    this.#sayGoodbye(reason ?? new Failure("session-ended", "The session was ended in the client's name"));
    this.#finish(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(reason: Failure | undefined): Promise<void> {
    if (this.#ended) return;
    if (reason !== undefined) this.#stream.refuse(reason);
    const delivered = this.#stream.delivered();
    if (delivered !== undefined) await this.#untilDelivered(delivered, reason?.reason === "server-shutting-down");
    this.#leave(reason);
  }

  /** Waits while the client goes on receiving the server's messages, but less long when the process is to end. */
  async #untilDelivered(delivered: Promise<void>, soon: boolean): Promise<void> {
    const { clock } = this.#options;
    if (soon) return await waitAtMost(delivered, SHUTDOWN_TIMEOUT, clock);
    let [before, left] = [Infinity, this.#stream.undelivered];
    while (left > 0 && left < before) {
      await waitAtMost(delivered, DELIVERY_TIMEOUT, clock);
      [before, left] = [left, this.#stream.undelivered];
    }
  }

  #leave(reason: Failure | undefined): void {
    if (this.#ended) return;
    this.#sayGoodbye(reason);
    this.#finish(reason);
  }

  /** Tells the client that the session is over. This is sent even if the messages queued before it are withdrawn. */
  #sayGoodbye(reason: Failure | undefined): void {
    const { link, responseTopic: topic, sessionId, options: { qos } } = this.#options;
    if (sessionId === undefined) return;
    this.#stream.flush();
    const payload = disconnected(reason);
    const properties = this.#properties({ payload, acknowledge: behind(this.#stream.seen) });
    const userProperties = { ...properties.userProperties, [CLOSED]: reason?.reason ?? "session-ended" };
    void link.publish({
      topic,
      payload,
      qos: qosOf(qos, this.#numbered),
      common: this.#common,
      properties: { ...properties, userProperties },
    });
  }

  #fail(failure: Failure): void {
    this.#abort.abort();
    this.#finish(failure);
  }

  #finish(reason: Failure | undefined): void {
    this.#ended = true;
    this.#welcome.cancel();
    this.#disconnectTimer.end();
    this.#stream.close();
    this.#end.resolve(reason);
  }

  #transmit(frame: Frame, message: Message | undefined, confirmed: boolean): Promise<void> | void {
    this.#welcome.cancel();
    return this.#publish(frame, this.#properties(frame, message), confirmed, message);
  }

  #properties(frame: Frame, message?: Message): PublishProperties {
    const properties: Writable<PublishProperties> = {};
    this.#welcome.addTo(properties);
    const begins = frame.piece === undefined || frame.piece.offset === 0;
    const correlationData = message === undefined || !begins ? frame.correlation : this.#correlations.of(message);
    if (correlationData !== undefined) properties.correlationData = correlationData;
    const trace = this.#options.options.traceContext === true ? frameTrace(frame, message) : undefined;
    if (this.#options.sessionId === undefined) {
      return trace === undefined ? properties : { ...properties, userProperties: trace };
    }
    const userProperties = trace === undefined ? frameProperties(frame) : { ...frameProperties(frame), ...trace };
    this.#welcome.addFormatTo(userProperties);
    properties.userProperties = userProperties;
    return properties;
  }

  #publish(
    frame: Frame,
    properties: PublishProperties,
    confirmed: boolean,
    message: Message | undefined,
  ): Promise<void> | void {
    const { link, responseTopic: topic, options: { qos } } = this.#options;
    const once = !this.#numbered && message !== undefined && requestsIn(message).length > 0 ? { once: true } : {};
    return link.publish(
      {
        topic,
        payload: frame.payload,
        qos: qosOf(qos, this.#numbered && !confirmed),
        ...once,
        common: this.#common,
        properties,
      },
      (failure) => {
        if (failure !== undefined && !this.#ended) this.#undelivered(failure, frame, properties, message);
      },
      this.#abort.signal,
    );
  }

  #undelivered(
    failure: Failure,
    frame: Frame,
    properties: PublishProperties,
    message: Message | undefined,
  ): void {
    const { link, responseTopic, options: { observe } } = this.#options;
    if (failure.reason === "no-server-online") return this.absent();
    if (frame.sequence !== undefined && this.#stream.refused(frame, failure)) return;
    observe({ type: "publish.failed", topic: responseTopic, cause: failure.message });
    if (this.#numbered) return this.#fail(failure); // the messages behind it would never be delivered
    if (message === undefined) return;
    for (const answer of failureResponses(failure, requestsIn(message))) this.#stream.inject(answer);
    for (const { bytes: payload } of failureResponses(failure, responsesIn(message))) {
      void link.publish({ topic: responseTopic, payload, qos: 1, common: this.#common, properties });
    }
  }
}

/** The part of a frame that acknowledges. Its messages are left to the next session. */
function answerOf({ acknowledge, resume, window }: Frame): Frame {
  return {
    payload: NOTHING,
    ...(acknowledge === undefined ? {} : { acknowledge }),
    ...(resume === undefined ? {} : { resume }),
    ...(window === undefined ? {} : { window }),
  };
}
