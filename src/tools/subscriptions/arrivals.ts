/**
 * Messages as they are kept here: with the time at which they came.
 *
 * @module
 */
import type { PublishProperties, ReceivedPacket } from "../../mqtt/mod.ts";

/** A message that has arrived. Its payload is its own. */
export interface Received extends ReceivedPacket {
  /** Counts what has arrived on this connection, from 1. */
  readonly number: number;
  /** When it came, in ms since 1970. */
  readonly receivedAt: number;
  /** When it was published, in ms since 1970: of a retained message that has been seen being published. */
  readonly publishedAt?: number;
}

/** Notes when messages arrive. */
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

  /** A message that has just come, with a payload that does not keep alive everything else that was read with it. */
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
