/**
 * What both ends of a session have in common: messages in order, within their size, to a receiver.
 *
 * @module
 */
import { batchOf, failureResponses, requestsIn, responsesIn } from "../../../core/batch.ts";
import type { Receiver } from "../../../core/channel.ts";
import type { Clock } from "../../../core/clock.ts";
import type { Observer } from "../../../core/events.ts";
import { Failure } from "../../../core/failure.ts";
import type { Message } from "../../../core/message.ts";
import { problemOf } from "../../../core/parse_error.ts";
import { tooLarge, tooLargeForPeer } from "../../packets.ts";
import type { Frame, Stream, StreamOptions, Subject } from "./frame.ts";
import { PlainStream } from "./plain_stream.ts";
import type { Incoming, Outgoing, SessionFormat } from "./format.ts";
import { IncomingParts } from "./format_1/incoming.ts";
import { OutgoingParts } from "./format_1/outgoing.ts";
import { IncomingMessages } from "./format_2/incoming.ts";
import { OutgoingMessages } from "./format_2/outgoing.ts";
import type { PathLimit } from "./path_limit.ts";
import { ReliableStream } from "./reliable_stream.ts";

/** What a {@linkcode SessionStream} is made of. */
export interface SessionStreamOptions {
  /** For the log. */
  readonly name: string;
  readonly transmit: StreamOptions["transmit"];
  readonly arrived: StreamOptions["arrived"];
  readonly ended: StreamOptions["ended"];
  readonly asksAnyway?: boolean;
  /** Largest payload of one PUBLISH that the broker is known to take, in bytes. */
  readonly maximumPart: () => number;
  /** Whether a message is to be in no batch, since its packet says something of it. @default {none} */
  readonly travelsAlone?: ((message: Message) => boolean) | undefined;
  /** What is known besides of the size of what gets through. */
  readonly limit: PathLimit;
  /** Largest message, in bytes. */
  readonly maxMessage: number;
  /** What a peer that does not number its messages is told of one that is not JSON-RPC. */
  readonly answerInvalid: (message: Message) => Message | undefined;
  /** How many packets the peer may send without an acknowledgement. */
  readonly window: () => number;
  /** Called when the receiver does not keep up with a peer that cannot be slowed. */
  readonly overflow: () => void;
  /** Called when the session cannot go on, since what it has sent can never arrive. */
  readonly failed: (failure: Failure) => void;
  readonly observe: Observer;
  readonly clock: Clock;
}

/** The messages of one end of a session. */
export class SessionStream {
  readonly #options: SessionStreamOptions;
  #stream: Stream;
  #receiver: Receiver | undefined;
  #early: Message[] = [];
  /** The largest message that the peer takes, in bytes. */
  #peerMaximum = Infinity;
  readonly #started: PromiseWithResolvers<void> = Promise.withResolvers();

  /** @param format how the peer numbers its messages */
  constructor(options: SessionStreamOptions, format: SessionFormat) {
    this.#options = options;
    this.#stream = this.#streamOf(format);
  }

  /**
   * The peer turns out to speak another format than it was taken for. One message has been sent, which is the same in
   * all of them; to a peer that numbers its messages it is sent again, if that is needed.
   */
  become(format: SessionFormat): void {
    const sent = this.#stream.unseen(0);
    this.#stream.close();
    this.#stream = this.#streamOf(format, sent);
  }

  /** Starts to hand over messages. */
  start(receiver: Receiver): void {
    this.#receiver = receiver;
    for (const message of this.#early.splice(0)) void receiver(message);
    this.#started.resolve();
  }

  /** Takes a message to send; one that is too large is answered, or stands for an answer, itself. */
  send(message: Message): Promise<void> | void {
    const size = message.bytes.length;
    const { maxMessage } = this.#options;
    if (size > maxMessage) return this.#reject(message, tooLarge(size, maxMessage), "sent");
    if (size > this.#peerMaximum) return this.#reject(message, tooLargeForPeer(size, this.#peerMaximum), "sent");
    return this.#stream.send(message);
  }

  /**
   * The peer says how large a message it takes, in bytes. Larger messages that it was sent before, it answers itself.
   * Batches are the exception, since the peer does not see their ids.
   */
  respect(maximum: number | undefined): void {
    if (maximum === undefined || maximum === this.#peerMaximum) return;
    this.#peerMaximum = maximum;
    for (const message of this.#stream.unseen(0)) {
      const size = message.bytes.length;
      if (size > maximum && message.kind === "other") this.#reject(message, tooLargeForPeer(size, maximum), "sent");
    }
  }

  /** Sends the end of this direction; whether the peer understands that. */
  end(): boolean {
    return this.#stream.end();
  }

  /** Sends at once what may be sent. */
  flush(): void {
    this.#stream.flush();
  }

  /** What resolves when the peer has taken everything that was sent; `undefined` when it has, or is not known to. */
  delivered(): Promise<void> | undefined {
    return this.#stream.delivered();
  }

  /** How many messages the peer has not taken. */
  get undelivered(): number {
    return this.#stream.unseen(0).length;
  }

  /** Says at once what has been taken. */
  acknowledge(): void {
    this.#stream.acknowledge();
  }

  /** Takes a frame that has arrived. */
  receive(frame: Frame): void {
    this.respect(frame.maximum);
    this.#stream.receive(frame);
  }

  /** Gives a message to the receiver as if the peer had sent it. */
  inject(message: Message): void {
    void this.#deliver(message);
  }

  /** Answers the requests that nobody has received yet. */
  refuse(failure: Failure): void {
    const requests = this.#early.splice(0).flatMap(requestsIn);
    for (const answer of failureResponses(failure, requests)) void this.#stream.send(answer);
  }

  /** The number up to which the peer's messages have been handed on. */
  get seen(): number {
    return this.#stream.seen;
  }

  /**
   * The requests that the peer has not seen.
   *
   * @param last the number up to which it has seen everything; `undefined` when it has not said so
   */
  unseen(last: number | undefined): readonly Message[] {
    return last === undefined ? [] : this.#stream.unseen(last).filter(({ kind }) => kind === "request");
  }

  /**
   * The broker has refused a numbered frame.
   *
   * @returns whether the session can go on
   */
  refused(frame: Frame, failure: Failure): boolean {
    return this.#stream.refused(frame, failure);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  close(): void {
    this.#stream.close();
    this.#early = [];
  }

  #deliver(message: Message): Promise<void> | void {
    if (this.#receiver !== undefined) return this.#receiver(message);
    this.#early.push(message.keep());
    return this.#started.promise;
  }

  #streamOf(format: SessionFormat, sent: readonly Message[] = []): Stream {
    if (format === "plain") {
      const refused = (message: Message, correlation: Uint8Array | undefined) => this.#refuses(message, correlation);
      return new PlainStream(this.#ends(), refused, this.#options.overflow, sent);
    }
    const { name, window, clock, observe, limit, failed } = this.#options;
    const { outgoing, incoming } = this.#directions(format);
    for (const message of sent) outgoing.push(message);
    while (outgoing.next() !== undefined); // it has left before
    return new ReliableStream({
      ...this.#ends(),
      outgoing,
      incoming,
      window: () => format === 1 ? undefined : window(),
      limit,
      undeliverable: (message, failure) => this.#undeliverable(message, failure),
      failed,
      retransmitted: (count) => observe({ type: "session.retransmitted", session: name, count }),
      duplicate: () => observe({ type: "session.duplicate", session: name }),
      clock,
    });
  }

  #directions(format: 1 | 2): { outgoing: Outgoing; incoming: Incoming } {
    const { maxMessage, limit } = this.#options;
    const maximumPart = () => Math.min(this.#options.maximumPart(), limit.maximum);
    const tooLarge = (bytes: number, subject: Subject | undefined) => this.#tooLargeArrived(bytes, subject);
    return format === 1
      ? { outgoing: new OutgoingParts(maximumPart), incoming: new IncomingParts(maxMessage, tooLarge) }
      : {
        outgoing: new OutgoingMessages(maximumPart, this.#options.travelsAlone),
        incoming: new IncomingMessages(maxMessage, tooLarge),
      };
  }

  #ends(): StreamOptions {
    const { transmit, arrived, ended, asksAnyway = false } = this.#options;
    return { transmit, arrived, ended, asksAnyway, deliver: (message) => this.#deliver(message) };
  }

  /** Whether a message without a number is refused. If so, its sender gets an error response, if it waits for one. */
  #refuses(message: Message, correlation: Uint8Array | undefined): boolean {
    const { bytes } = message;
    const { maxMessage, answerInvalid, transmit, arrived, observe, name } = this.#options;
    const problem = problemOf(message);
    if (problem === undefined && bytes.length <= maxMessage) return false;
    if (problem === undefined) {
      arrived(message, correlation); // the answer goes by it
      this.#reject(message, tooLarge(bytes.length, maxMessage), "received");
      return true;
    }
    observe({ type: "message.dropped", source: name, cause: problem });
    const answer = answerInvalid(message);
    if (answer === undefined) return true;
    const { bytes: payload } = answer;
    void transmit(correlation === undefined ? { payload } : { payload, correlation }, undefined, false);
    return true;
  }

  #tooLargeArrived(bytes: number, subject: Subject | undefined): void {
    const failure = tooLarge(bytes, this.#options.maxMessage);
    this.#drop(failure);
    if (subject === undefined) return;
    const answer = failure.toResponse(subject.id);
    if (subject.kind === "request") void this.#stream.send(answer);
    else this.inject(answer);
  }

  /** Answers a request of ours that never arrives. Returns what goes out instead: to a response of ours, the error. */
  #undeliverable(message: Message, cause: Failure): Message | undefined {
    const { length: bytes } = message.bytes;
    const text = `A message of ${bytes} bytes does not get through. ${cause.message}`;
    const failure = new Failure(cause.reason, text, { ...cause.details, bytes });
    this.#drop(failure);
    for (const answer of failureResponses(failure, requestsIn(message))) this.inject(answer);
    const answers = failureResponses(failure, responsesIn(message));
    const instead = message.kind === "response" ? answers[0] : batchOf(answers);
    return instead !== undefined && instead.bytes.length < bytes ? instead : undefined;
  }

  #drop({ message: cause }: Failure): void {
    this.#options.observe({ type: "message.dropped", source: this.#options.name, cause });
  }

  /** Sees to it that whoever waits for an answer gets one: the peer for a response of ours, we for a request of ours. */
  #reject(message: Message, failure: Failure, direction: "sent" | "received"): void {
    this.#drop(failure);
    const [requests, responses] = [requestsIn(message), responsesIn(message)];
    const [ours, theirs] = direction === "sent" ? [requests, responses] : [responses, requests];
    for (const answer of failureResponses(failure, ours)) this.inject(answer);
    for (const answer of failureResponses(failure, theirs)) void this.#stream.send(answer);
  }
}
