/**
 * A session with a peer that does not number its messages: a plain MQTT requester, or MQTT 3.1.1.
 *
 * @module
 */
import { Inbox } from "../../../core/inbox.ts";
import { Message } from "../../../core/message.ts";
import { INBOX_LIMIT } from "../../packets.ts";
import { type Frame, NOTHING, type Stream, type StreamOptions } from "./frame.ts";
import { LostRequests } from "./lost_requests.ts";

/**
 * Passes messages as they come. MQTT may deliver one twice, so a request is dropped while one with the same id is
 * being worked on.
 */
export class PlainStream implements Stream {
  readonly #ends: StreamOptions;
  readonly #refused: (message: Message, correlation: Uint8Array | undefined) => boolean;
  readonly #overflow: () => void;
  readonly #inbox = new Inbox();
  readonly #requests = new LostRequests();
  readonly seen = 0;

  /**
   * @param refused returns whether a message is refused; if so, it has answered it
   * @param overflow called when the receiver does not keep up
   * @param sent what has been sent already
   */
  constructor(
    ends: StreamOptions,
    refused: (message: Message, correlation: Uint8Array | undefined) => boolean,
    overflow: () => void,
    sent: readonly Message[] = [],
  ) {
    this.#ends = ends;
    this.#refused = refused;
    this.#overflow = overflow;
    for (const message of sent) this.#requests.sent(message);
    this.#inbox.start(ends.deliver);
  }

  send(message: Message): Promise<void> | void {
    this.#requests.sent(message);
    return this.#ends.transmit({ payload: message.bytes }, message, false);
  }

  receive({ payload, correlation }: Frame): void {
    if (payload.length === 0) return;
    const message = new Message(payload);
    if (this.#refused(message, correlation)) return;
    const answer = this.#requests.answer(message);
    if (answer !== undefined) {
      const frame = { payload: answer.bytes };
      void this.#ends.transmit(correlation === undefined ? frame : { ...frame, correlation }, undefined, false);
      return this.#ask(this.#requests.askBack(message));
    }
    const lost = this.#requests.received(message);
    if (lost === undefined && !this.#requests.begins(message)) return;
    if (lost === undefined) this.#ends.arrived(message, correlation);
    for (const each of lost ?? [message]) this.#inbox.push(each);
    if (this.#inbox.bytes > INBOX_LIMIT) this.#overflow();
  }

  end(): boolean {
    return false;
  }

  flush(): void {}

  delivered(): undefined {} // nobody tells

  acknowledge(): void {
    void this.#ends.transmit({ payload: NOTHING }, undefined, false);
  }

  refused(): boolean {
    return false; // there are no numbers, so nothing is refused that has one
  }

  pause(): void {}

  resume(): void {
    this.#ask(this.#requests.ask(true, this.#ends.asksAnyway));
  }

  unseen(): readonly Message[] {
    return []; // without numbers, nobody knows
  }

  close(): void {
    this.#inbox.takeAll();
  }

  #ask(question: Message | undefined): void {
    if (question !== undefined) void this.#ends.transmit({ payload: question.bytes }, question, false);
  }
}
