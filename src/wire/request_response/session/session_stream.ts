/**
 * What both ends of a session have in common: messages in order, within their size, to a receiver.
 *
 * @module
 */
import type { Receiver } from "../../../core/channel.ts";
import type { Clock } from "../../../core/clock.ts";
import type { Observer } from "../../../core/events.ts";
import type { Failure } from "../../../core/failure.ts";
import type { Message } from "../../../core/message.ts";
import { tooLarge } from "../../packets.ts";
import type { Frame, Stream, StreamEnds, Subject } from "./frame.ts";
import { PlainStream } from "./plain_stream.ts";
import { ReliableStream } from "./reliable_stream.ts";

/** What a {@linkcode SessionStream} is made of. */
export interface SessionStreamOptions {
  /** For the log. */
  readonly name: string;
  readonly transmit: StreamEnds["transmit"];
  /** @default {nothing} */
  readonly arrived?: StreamEnds["arrived"];
  /** Largest payload of one PUBLISH, in bytes. */
  readonly maximumPart: () => number;
  /** Largest message, in bytes. */
  readonly maxMessage: number;
  /** Called when the receiver does not keep up with a peer that cannot be slowed. */
  readonly overflow: () => void;
  readonly observe: Observer;
  readonly clock: Clock;
}

/** The messages of one end of a session. */
export class SessionStream {
  readonly #options: SessionStreamOptions;
  #stream: Stream;
  #receiver: Receiver | undefined;
  #early: Message[] = [];
  readonly #started: PromiseWithResolvers<void> = Promise.withResolvers();

  /** @param numbered whether the peer numbers its messages */
  constructor(options: SessionStreamOptions, numbered: boolean) {
    this.#options = options;
    this.#stream = numbered ? this.#reliable() : this.#plain();
  }

  /** The peer turns out to be one that does not number its messages. What was sent is not sent again. */
  becomePlain(): void {
    this.#stream.close();
    this.#stream = this.#plain();
  }

  /** Starts to hand over messages. */
  start(receiver: Receiver): void {
    this.#receiver = receiver;
    for (const message of this.#early.splice(0)) void receiver(message);
    this.#started.resolve();
  }

  /** Takes a message to send; one that is too large is answered, or stands for an answer, itself. */
  send(message: Message): Promise<void> | void {
    const { maxMessage } = this.#options;
    if (message.bytes.length <= maxMessage) return this.#stream.send(message);
    this.#reject(message.kind, message.id, tooLarge(message.bytes.length, maxMessage), "sent");
  }

  /** Takes a frame that has arrived. */
  receive(frame: Frame): void {
    this.#stream.receive(frame);
  }

  /** Gives a message to the receiver as if the peer had sent it. */
  inject(message: Message): void {
    void this.#deliver(message);
  }

  /** Answers the requests that nobody has received yet. */
  refuse(failure: Failure): void {
    for (const { kind, id } of this.#early.splice(0)) {
      if (kind === "request" && id !== undefined) void this.#stream.send(failure.toResponse(id));
    }
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
    return last === undefined ? [] : this.#stream.unseen(last);
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
    this.#early.push(message);
    return this.#started.promise;
  }

  #reliable(): Stream {
    const { name, maximumPart, maxMessage, clock, observe } = this.#options;
    return new ReliableStream({
      ...this.#ends(),
      maximumPart,
      maxMessage,
      tooLarge: (bytes, subject) => this.#tooLargeArrived(bytes, subject),
      retransmitted: (count) => observe({ type: "session.retransmitted", session: name, count }),
      duplicate: () => observe({ type: "session.duplicate", session: name }),
      clock,
    });
  }

  #plain(): Stream {
    return new PlainStream(this.#ends(), this.#options.overflow);
  }

  #ends(): StreamEnds {
    const { transmit, arrived = () => {} } = this.#options;
    return { transmit, arrived, deliver: (message) => this.#deliver(message) };
  }

  #tooLargeArrived(bytes: number, subject: Subject | undefined): void {
    this.#reject(subject?.kind, subject?.id, tooLarge(bytes, this.#options.maxMessage), "received");
  }

  /** Sees to it that whoever waits for an answer gets one: the peer for a response of ours, we for a request of ours. */
  #reject(kind: string | undefined, id: string | undefined, failure: Failure, direction: "sent" | "received"): void {
    this.#options.observe({ type: "message.dropped", source: this.#options.name, cause: failure.message });
    if (id === undefined) return;
    const answer = failure.toResponse(id);
    const ours = (kind === "request") === (direction === "sent");
    if (ours && (kind === "request" || kind === "response")) this.inject(answer);
    else if (kind === "request" || kind === "response") void this.#stream.send(answer);
  }
}
