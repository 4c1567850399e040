/**
 * The topics of the request-response profile, as a broker's access control sees them.
 *
 * @module
 */
import type { ProfileAddress, TopicUse } from "../profile.ts";
import { INSTANCE } from "./session/properties.ts";
import { topicsFor } from "./topics.ts";

/** All topics of a session whose two ends have the same client id. */
export function topicUses(clientId: string, address: ProfileAddress): readonly TopicUse[] {
  const topics = topicsFor(address);
  const ofSession = topics.instance(clientId).for(clientId);
  return [
    { role: "serve", access: "subscribe", topic: topics.requestFilter },
    { role: "serve", access: "subscribe", topic: topics.instance(clientId).filter },
    { role: "serve", access: "subscribe", topic: topics.closed.filter },
    ...(topics.sharedClosed === undefined ? [] : [
      {
        role: "serve",
        access: "subscribe",
        topic: topics.sharedClosed.filter,
        optional: "only a gateway that is killed will not be missed before --idle-timeout",
      } as const,
    ]),
    { role: "serve", access: "publish", topic: topics.response.for(clientId) },
    { role: "serve", access: "publish", topic: topics.presence(clientId), retain: true },
    { role: "connect", access: "subscribe", topic: topics.presenceFilter },
    { role: "connect", access: "subscribe", topic: topics.response.for(clientId) },
    // Meant for an instance that is none, every server leaves it alone.
    { role: "connect", access: "publish", topic: topics.request.for(clientId), harmless: { [INSTANCE]: clientId } },
    { role: "connect", access: "publish", topic: ofSession },
    { role: "connect", access: "publish", topic: topics.closed.for(clientId) },
  ];
}
