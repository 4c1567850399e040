/**
 * Messages as they are kept here: with the time of their arrival.
 *
 * @module
 */
import type { PublishProperties, ReceivedPacket } from "../../mqtt/mod.ts";

/** A message that has arrived. Its payload has a buffer of its own. */
export interface Received extends ReceivedPacket {
  /** The number of this message among those that have arrived on this connection, from 1. */
  readonly number: number;
  /** When it came, in ms since 1970. */
  readonly receivedAt: number;
  /** When a retained message was published, in ms since 1970; known only if its publication was seen. */
  readonly publishedAt?: number;
}

/** Notes when messages arrive, and numbers them. */
export class Arrivals {
  readonly #time: () => number;
  readonly #publishedAt: (packet: ReceivedPacket) => number | undefined;
  #count = 0;

  /**
   * @param time ms since 1970
   * @param publishedAt when a retained message was published, as far as that was seen
   */
  constructor(time: () => number, publishedAt: (packet: ReceivedPacket) => number | undefined) {
    this.#time = time;
    this.#publishedAt = publishedAt;
  }

  /** A message that has just arrived. Its bytes are copied, since the packet keeps the whole read buffer in memory. */
  note(packet: ReceivedPacket): Received {
    const publishedAt = packet.retain ? this.#publishedAt(packet) : undefined;
    return {
      ...packet,
      payload: packet.payload.slice(),
      properties: withOwnBytes(packet.properties),
      number: ++this.#count,
      receivedAt: this.#time(),
      ...(publishedAt === undefined ? {} : { publishedAt }),
    };
  }
}

function withOwnBytes(properties: PublishProperties): PublishProperties {
  const { correlationData } = properties;
  return correlationData === undefined ? properties : { ...properties, correlationData: correlationData.slice() };
}
