/**
 * Reading what the broker has retained.
 *
 * MQTT has no end mark for the retained messages that follow a SUBSCRIBE. A broker sends them as soon as it has
 * acknowledged the subscription, so there are no more when it has answered a later packet and was silent meanwhile.
 * Not every broker works on one packet after another; therefore the silence has to last a little.
 *
 * @module
 */
import { atMost, orAborted, sleep } from "../../core/clock.ts";
import type { ReceivedPacket } from "../../mqtt/mod.ts";
import { Collector } from "./collector.ts";
import type { ToolContext } from "../context.ts";
import type { Listener } from "./subscriptions.ts";

/** How long the broker has to be silent, in ms. */
const SILENCE = 50;

/** What was found. */
export interface Retained {
  readonly packets: readonly ReceivedPacket[];
  readonly dropped: number;
}

/**
 * The retained messages of all topics that `filter` matches. The link has to be online.
 *
 * @param limit how long to wait at most, in ms
 * @throws {Failure} when the broker does not grant the subscription, or the connection is lost
 */
export async function readRetained(
  filter: string,
  limit: number,
  { subscriptions, limits, link, clock }: ToolContext,
  signal: AbortSignal,
): Promise<Retained> {
  const enough = /[+#]/.test(filter) ? undefined : 1; // a topic has one value at most
  using collector = new Collector(limits, enough);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // nobody may be waiting
  let arrivals = 0;
  let lastArrival = 0;
  // gmqtt 0.5 does not say of what was retained that it was; and nothing else is likely to come before its next answer.
  let unmarked: ReceivedPacket[] | undefined = [];
  const take = (packet: ReceivedPacket) => {
    arrivals++;
    lastArrival = clock.now();
    collector.takeRetained(packet);
  };
  const listener: Listener = {
    live: (packet) => void unmarked?.push(packet),
    retained: (packet) => {
      unmarked = undefined;
      take(packet);
    },
    refused: failed.reject,
  };
  const over = new AbortController();
  const silence = async () => {
    const stop = AbortSignal.any([signal, over.signal]);
    while (true) {
      const before = arrivals;
      await orAborted(link.roundTrip(), stop);
      for (const packet of unmarked ?? []) take({ ...packet, retain: true });
      unmarked = undefined;
      if (arrivals === before && clock.now() - lastArrival >= SILENCE) return;
      await sleep(SILENCE, stop, clock);
    }
  };
  try {
    await subscriptions.open(filter, 0, listener, true, signal);
    lastArrival = clock.now();
    await atMost(Promise.race([collector.full, failed.promise, silence()]), limit, signal, clock);
    return { dropped: collector.buffer.takeDropped(), packets: collector.buffer.take() };
  } finally {
    over.abort();
    void subscriptions.close(filter, listener);
  }
}
