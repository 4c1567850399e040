/**
 * The topics of the open convention, for the broker's access control.
 *
 * @module
 */
import type { ProfileAddress, TopicUse } from "../profile.ts";
import { Topics } from "./topics.ts";

/** All topics of a session, with the same client id for both ends. */
export function topicUses(clientId: string, { serverName, topicPrefix }: ProfileAddress): readonly TopicUse[] {
  const topics = new Topics(topicPrefix);
  const server = { serverId: clientId, serverName };
  return [
    { role: "serve", access: "subscribe", topic: topics.control(server) },
    { role: "serve", access: "subscribe", topic: topics.clientPresence(clientId) },
    { role: "serve", access: "subscribe", topic: topics.clientCapability(clientId) },
    { role: "serve", access: "subscribe", topic: topics.rpc(clientId, server) },
    { role: "serve", access: "publish", topic: topics.rpc(clientId, server) },
    { role: "serve", access: "publish", topic: topics.serverCapability(server) },
    { role: "serve", access: "publish", topic: topics.serverPresence(server), retain: true },
    { role: "connect", access: "subscribe", topic: topics.serverPresence({ ...server, serverId: "+" }) },
    { role: "connect", access: "subscribe", topic: topics.serverCapability(server) },
    { role: "connect", access: "subscribe", topic: topics.rpc(clientId, server) },
    { role: "connect", access: "publish", topic: topics.control(server) },
    { role: "connect", access: "publish", topic: topics.rpc(clientId, server) },
    { role: "connect", access: "publish", topic: topics.clientCapability(clientId) },
    { role: "connect", access: "publish", topic: topics.clientPresence(clientId) },
  ];
}
