/**
 * The last message of each topic.
 *
 * @module
 */
import type { ReceivedPacket } from "../../mqtt/mod.ts";

/** How many topics are remembered. */
const TOPICS = 1_000;

/** How many bytes of payload are remembered. */
const BYTES = 4 * 1024 * 1024;

/** Remembers the last message of the topics that were seen last, within bounds. */
export class LastValues {
  readonly #packets = new Map<string, ReceivedPacket>();
  #bytes = 0;

  /** Notes a message. */
  set(packet: ReceivedPacket): void {
    this.#delete(packet.topic);
    if (packet.payload.length > BYTES) return;
    this.#packets.set(packet.topic, { ...packet, payload: packet.payload.slice() });
    this.#bytes += packet.payload.length;
    for (const topic of this.#packets.keys()) {
      if (this.#packets.size <= TOPICS && this.#bytes <= BYTES) break;
      this.#delete(topic);
    }
  }

  get(topic: string): ReceivedPacket | undefined {
    return this.#packets.get(topic);
  }

  /** The topics, the one that was seen last at the end. */
  get topics(): readonly string[] {
    return [...this.#packets.keys()];
  }

  #delete(topic: string): void {
    this.#bytes -= this.#packets.get(topic)?.payload.length ?? 0;
    this.#packets.delete(topic);
  }
}
