/**
 * Opening a session: the first message, until the server has answered in any way.
 *
 * @module
 */
import { type Clock, systemClock } from "../../../core/clock.ts";
import { Failure } from "../../../core/failure.ts";
import type { Message } from "../../../core/message.ts";
import type { MqttLink, QoS } from "../../../mqtt/mod.ts";
import type { ClientOptions } from "../../profile.ts";
import { roomForTrace } from "../../trace_properties.ts";
import { type Frame, NOTHING } from "../session/frame.ts";
import { type PathLimit, SMALLEST_LIMIT } from "../session/path_limit.ts";
import { FORMAT, INSTANCE, largestPart, MAXIMUM, NEWEST_FORMAT, qosOf, SESSION } from "../session/properties.ts";
import type { Topics } from "../topics.ts";
import type { Opening } from "./instances.ts";

/** What a {@linkcode SessionOpening} is made of. */
export interface SessionOpeningOptions {
  readonly link: MqttLink;
  readonly topics: Topics;
  readonly sessionId: string;
  /** Where to open the session. */
  readonly opening: Opening;
  /** Where to open it instead, when nobody listens where `tried` said; `undefined` when that might open two. */
  readonly another: (tried: Opening) => Opening | undefined;
  /** What is known of the size of what gets through to the servers. */
  readonly limit: PathLimit;
  readonly options: ClientOptions;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/** What a {@linkcode SessionOpening} asks of its session. */
export interface OpeningSession {
  /** Aborted when the session is given up. */
  readonly signal: AbortSignal;
  /** Sends a frame of the first message again, to the topic that is now right. */
  readonly repeat: (frame: Frame, message: Message | undefined) => void;
  /** The broker refuses the first message. */
  readonly refused: (failure: Failure) => void;
  /** No server has answered in time. */
  readonly timedOut: (failure: Failure) => void;
}

/** After this time without an answer, in ms, the broker is asked about a first message with QoS 0. */
const DOUBT_AFTER = 250;

/** The first message of one session: where it goes, and what becomes of it. */
export class SessionOpening {
  readonly #options: SessionOpeningOptions;
  readonly #session: OpeningSession;
  #target: Opening;
  #topic: string;
  /** What has been sent to open the session. */
  #first: [frame: Frame, message: Message | undefined][] = [];
  #announcesFormat = true;
  #running = false;
  /** Resolves when the server has answered. */
  readonly #answered: PromiseWithResolvers<void> = Promise.withResolvers();
  #cancelDeadline: (() => void) | undefined;
  #cancelDoubt: (() => void) | undefined;

  constructor(options: SessionOpeningOptions, session: OpeningSession) {
    this.#options = options;
    this.#session = session;
    this.#target = options.opening;
    this.#topic = this.#topicOf(options.opening);
  }

  /** Where the session is being opened, or was. */
  get target(): Opening {
    return this.#target;
  }

  /** The topic of the first message. */
  get topic(): string {
    return this.#topic;
  }

  /** The QoS of the first message. On an instance's own topic, an acknowledgement tells whether somebody listens. */
  get qos(): QoS {
    const { numbered, direct } = this.#target;
    return qosOf(this.#options.options.qos, numbered && !direct);
  }

  /** Whether the server is told that this end speaks the newest format. */
  get announcesFormat(): boolean {
    return this.#announcesFormat;
  }

  /** Resolves when the server has answered; never if it does not. */
  get answered(): Promise<void> {
    return this.#answered.promise;
  }

  /**
   * The first message is about to be sent: the server has to answer in time.
   *
   * @returns whether it goes in format 1, since it needs several packets and nobody knows yet what the server can put
   * together
   */
  begin(message: Message): boolean {
    const { link, sessionId, limit, options, clock = systemClock } = this.#options;
    const { connectTimeout, traceContext } = options;
    this.#running = true;
    this.#cancelDeadline = clock.after(connectTimeout, () => {
      this.suspectSize();
      const text = `No server has answered on "${this.#topic}" within ${connectTimeout / 1000} s`;
      this.#session.timedOut(new Failure("server-not-responding", text));
    });
    if (this.qos === 0) this.#cancelDoubt = clock.after(DOUBT_AFTER, () => this.#askBroker());
    const known = this.#target.format !== undefined;
    const part = largestPart(link, this.#topic, sessionId.length + roomForTrace(traceContext));
    this.#announcesFormat = known || message.bytes.length <= Math.min(part, limit.maximum);
    return !this.#announcesFormat;
  }

  /**
   * A frame of the first message goes out.
   *
   * @returns whether the broker has to acknowledge it, since a first message that is too large is not sent again
   */
  sent(frame: Frame, message: Message | undefined): boolean {
    if (frame.sequence === 1) this.#first = []; // cut differently now, perhaps
    this.#first.push([frame, message]);
    return frame.payload.length > SMALLEST_LIMIT;
  }

  /** Adds what only the frames of the first message say. */
  addTo(userProperties: Record<string, string>): void {
    const { instance } = this.#target;
    if (this.#announcesFormat) userProperties[FORMAT] = String(NEWEST_FORMAT);
    if (instance !== undefined) userProperties[INSTANCE] = instance;
    this.addMaximumTo(userProperties);
  }

  /** Adds how large a message the host takes. */
  addMaximumTo(userProperties: Record<string, string>): void {
    userProperties[MAXIMUM] = String(this.#options.options.maxMessage);
  }

  /** The first message was not answered. It may have been too large, so the next one goes in smaller pieces. */
  suspectSize(): void {
    const [first] = this.#first;
    if (first !== undefined) this.#options.limit.lost(first[0].payload.length);
  }

  /** Opens the session elsewhere, since nobody listens at `tried`; whether it can. */
  moveOn({ reason }: Failure, tried: Opening): boolean {
    if (reason !== "no-server-online" || !this.#running) return false;
    if (tried !== this.#target) return true; // that has been done
    const opening = this.#options.another(tried);
    if (opening === undefined || opening.plain) return false;
    this.#target = opening;
    this.#topic = this.#topicOf(opening);
    this.#cancelDoubt?.();
    return true;
  }

  /** The server has answered. */
  succeed(): void {
    this.stop();
    this.#first = [];
    this.#answered.resolve();
  }

  /** The server has answered, or need not any more. */
  stop(): void {
    this.#running = false;
    this.#cancelDeadline?.();
    this.#cancelDoubt?.();
  }

  #topicOf({ instance, direct }: Opening): string {
    const { topics, link } = this.#options;
    const topic = direct && instance !== undefined ? topics.instance(instance) : topics.request;
    return topic.for(link.clientId);
  }

  /** Publishes a message that is for no instance. Servers ignore it; the broker says whether it may pass. */
  #askBroker(): void {
    const { link, sessionId } = this.#options;
    const properties = { userProperties: { [SESSION]: sessionId, [INSTANCE]: "" } };
    void link.publish({ topic: this.#topic, payload: NOTHING, qos: 1, properties }, (failure) => {
      if (failure === undefined || !this.#running) return;
      if (!this.moveOn(failure, this.#target)) return this.#session.refused(failure);
      for (const [frame, message] of this.#first.splice(0)) this.#session.repeat(frame, message);
    }, this.#session.signal);
  }
}
