/**
 * Presences of servers that are gone, on brokers that refuse a will without payload.
 *
 * On such a broker the will is a retained message that says that the server is gone. Other implementations may take it
 * for an online server, and the broker keeps it. So the next server of the same name removes it.
 *
 * @module
 */
import type { MqttLink, PublishProperties } from "../mqtt/mod.ts";
import { isGone } from "./notifications.ts";

/** Whether a presence only says that its server is gone. */
export function isLeftBehind(payload: Uint8Array): boolean {
  return payload.length > 0 && isGone(payload);
}

/** Removes the presence on a topic. */
export function clearPresence(link: MqttLink, topic: string, properties: PublishProperties): void {
  void link.publish({ topic, payload: new Uint8Array(), qos: 1, retain: true, properties });
}

/**
 * Removes the presences of servers that are gone on the topics of `filter`. No other subscription of `link` may use the
 * same filter. Does nothing where the broker accepts a will without payload.
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
    refused: () => {}, // then servers with more rights have to remove them
  }).catch(() => {});
  await link.roundTrip().catch(() => {});
  await link.unsubscribe(filter);
}
