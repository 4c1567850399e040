/**
 * What is sent in format 1: each part of a message has a number of its own.
 *
 * @module
 */
import type { Message } from "../../../../core/message.ts";
import type { NumberedFrame, Outgoing } from "../format.ts";
import { behind, type Position } from "../position.ts";
import { type Part, splitMessage } from "./parts.ts";
import { SendQueue } from "./send_queue.ts";

interface OutgoingPart extends Part {
  readonly message: Message;
}

/** The parts that the peer has not acknowledged. */
export class OutgoingParts implements Outgoing {
  readonly #maximum: () => number;
  readonly #queue = new SendQueue<OutgoingPart>();

  /** @param maximum largest payload of one frame, in bytes */
  constructor(maximum: () => number) {
    this.#maximum = maximum;
  }

  get highest(): Position {
    return behind(this.#queue.highest);
  }

  get empty(): boolean {
    return this.#queue.empty;
  }

  get awaitsAcknowledgement(): boolean {
    return this.#queue.awaitsAcknowledgement;
  }

  get oldest(): { after: Position; bytes: number } | undefined {
    const oldest = this.#queue.oldest;
    return oldest && { after: behind(oldest.sequence - 1), bytes: oldest.size };
  }

  push(message: Message): void {
    for (const part of splitMessage(message, this.#maximum())) {
      this.#queue.push({ ...part, message }, part.payload.length);
    }
  }

  room(): Promise<void> | void {
    return this.#queue.room();
  }

  next(): NumberedFrame | undefined {
    const entry = this.#queue.take();
    if (entry === undefined) return undefined;
    const { item: { message, payload, more, subject }, sequence } = entry;
    const frame = { payload, sequence, ...(more ? { more } : {}), ...(subject === undefined ? {} : { subject }) };
    return { frame, message };
  }

  grant(): void {} // its window is what it is

  acknowledge({ number }: Position): boolean {
    return this.#queue.acknowledge(number);
  }

  rewind({ number }: Position): number {
    return this.#queue.rewind(number);
  }

  after(last: number): readonly Message[] {
    return [...new Set(this.#queue.after(last).map(({ message }) => message))];
  }

  release(): void {
    this.#queue.release();
  }
}
