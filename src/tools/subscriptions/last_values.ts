/**
 * The last message of each topic.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ReceivedPacket } from "../../mqtt/mod.ts";
import { costOf } from "./message_buffer.ts";
import type { Received } from "./arrivals.ts";

/** How many topics are remembered. */
const TOPICS = 1_000;

/** How many bytes are remembered. */
const BYTES = 4 * 1024 * 1024;

/** Remembers the last message of the most recently seen topics, within limits. */
export class LastValues {
  readonly #messages = new Map<string, Received>();
  #bytes = 0;

  /** Notes a message. */
  set(message: Received): void {
    this.#delete(message.topic);
    if (costOf(message) > BYTES) return;
    this.#messages.set(message.topic, message);
    this.#bytes += costOf(message);
    for (const topic of this.#messages.keys()) {
      if (this.#messages.size <= TOPICS && this.#bytes <= BYTES) break;
      this.#delete(topic);
    }
  }

  /** Notes a retained message that we have published. The broker has not sent it back yet, or never will. */
  published(topic: string, payload: Uint8Array, time: number): void {
    this.set({ topic, payload, qos: 0, retain: false, properties: {}, number: 0, receivedAt: time });
  }

  get(topic: string): Received | undefined {
    return this.#messages.get(topic);
  }

  /** When a retained message was published, in ms since 1970, if its publication was seen. */
  publishedAt({ topic, payload }: ReceivedPacket): number | undefined {
    const last = this.#messages.get(topic);
    if (last === undefined || Buffer.compare(last.payload, payload) !== 0) return undefined;
    return last.retain ? last.publishedAt : last.receivedAt;
  }

  /** The topics that have a value, the most recently seen one last; without those below `$SYS/`. */
  get topics(): readonly string[] {
    return [...this.#messages.values()].filter(({ topic, payload }) => payload.length > 0 && !topic.startsWith("$SYS/"))
      .map(({ topic }) => topic);
  }

  #delete(topic: string): void {
    const message = this.#messages.get(topic);
    if (message === undefined) return;
    this.#bytes -= costOf(message);
    this.#messages.delete(topic);
  }
}
