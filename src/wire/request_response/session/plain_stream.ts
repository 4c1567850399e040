/**
 * A session with a peer that does not number its messages: a plain MQTT requester, or MQTT 3.1.1.
 *
 * @module
 */
import { Inbox } from "../../../core/inbox.ts";
import type { RequestKey } from "../../../core/json_rpc.ts";
import { Message } from "../../../core/message.ts";
import { INBOX_LIMIT } from "../../packets.ts";
import { type Frame, NOTHING, type Stream, type StreamEnds } from "./frame.ts";

/**
 * Passes messages as they come. MQTT may deliver one twice, so a request is dropped while one with the same id is
 * being worked on.
 */
export class PlainStream implements Stream {
  readonly #ends: StreamEnds;
  readonly #refused: (message: Message, correlation: Uint8Array | undefined) => boolean;
  readonly #overflow: () => void;
  readonly #inbox = new Inbox();
  readonly #working = new Set<RequestKey>();
  readonly seen = 0;

  /**
   * @param refused asked of each message whether it is one that nobody may receive, and deals with it then
   * @param overflow called when the receiver does not keep up
   */
  constructor(
    ends: StreamEnds,
    refused: (message: Message, correlation: Uint8Array | undefined) => boolean,
    overflow: () => void,
  ) {
    this.#ends = ends;
    this.#refused = refused;
    this.#overflow = overflow;
    this.#inbox.start(ends.deliver);
  }

  send(message: Message): Promise<void> | void {
    if (message.kind === "response" && message.key !== undefined) this.#working.delete(message.key);
    return this.#ends.transmit({ payload: message.bytes }, message, false);
  }

  receive({ payload, correlation }: Frame): void {
    if (payload.length === 0) return;
    const message = new Message(payload);
    if (this.#refused(message, correlation)) return;
    const { kind, key } = message;
    if (kind === "request" && key !== undefined) {
      if (this.#working.has(key)) return;
      this.#working.add(key);
    }
    this.#ends.arrived(message, correlation);
    this.#inbox.push(message);
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

  resume(): void {}

  unseen(): readonly Message[] {
    return []; // without numbers, nobody knows
  }

  close(): void {
    this.#inbox.takeAll();
  }
}
