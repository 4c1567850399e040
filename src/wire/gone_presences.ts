/**
 * What is left of servers that are gone, on brokers that do not take a will without payload.
 *
 * There the will says that the server is gone, and the broker keeps it. Other implementations may take it for a presence,
 * and it would never go away. So the next server of that name clears it.
 *
 * @module
 */
import type { MqttLink, PublishProperties } from "../mqtt/mod.ts";
import { isGone } from "./notifications.ts";

/** Whether a presence is only there to say that its server is gone. */
export function isLeftBehind(payload: Uint8Array): boolean {
  return payload.length > 0 && isGone(payload);
}

/** Clears the presence on a topic. */
export function clearPresence(link: MqttLink, topic: string, properties: PublishProperties): void {
  void link.publish({ topic, payload: new Uint8Array(), qos: 1, retain: true, properties });
}

/**
 * Clears what has been left behind on the topics of `filter`, to which nothing else of `link` subscribes. Does nothing
 * where wills without payload are taken.
 */
export async function clearLeftBehind(link: MqttLink, filter: string, properties: PublishProperties): Promise<void> {
  const { state } = link;
  if (state.status !== "online" || state.limits.refusesEmptyWill !== true) return;
  await link.subscribe({
    filter,
    qos: 1,
    handler: ({ topic, payload }) => {
      if (isLeftBehind(payload)) clearPresence(link, topic, properties);
    },
    refused: () => {}, // then others have to see to it
  }).catch(() => {});
  await link.roundTrip().catch(() => {});
  await link.unsubscribe(filter);
}
