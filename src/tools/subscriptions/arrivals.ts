/**
 * Noting when messages arrive.
 *
 * @module
 */
import type { PublishProperties, ReceivedPacket } from "../../mqtt/mod.ts";
import type { LastValues } from "./last_values.ts";
import type { Received } from "./received.ts";

/** Notes when messages arrive. */
export class Arrivals {
  readonly #time: () => number;
  readonly #lastValues: LastValues;
  #count = 0;

  /** @param time ms since 1970 */
  constructor(time: () => number, lastValues: LastValues) {
    this.#time = time;
    this.#lastValues = lastValues;
  }

  /** A message that has just come, with a payload that does not keep alive everything else that was read with it. */
  note(packet: ReceivedPacket): Received {
    const publishedAt = packet.retain ? this.#lastValues.publishedAt(packet) : undefined;
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
