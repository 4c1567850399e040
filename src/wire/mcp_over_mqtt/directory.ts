/**
 * Finding the servers of the open convention.
 *
 * @module
 */
import type { UserProperties } from "../../mqtt/mod.ts";
import { decodeOnline, isGone, isOnline } from "../notifications.ts";
import type { Announcement, Directory, DirectoryOptions } from "../profile.ts";
import { firstValue } from "../packets.ts";
import { connectProperties, goodbye, parseServerNameFilters, SERVER_NAME_FILTERS } from "./messages.ts";
import { Topics } from "./topics.ts";

/** The name of the profile. */
export const NAME = "mcp-over-mqtt";

/** Reads the presence of the servers that the broker lets this client see. */
export function directory({ topicPrefix, clientInfo }: DirectoryOptions): Directory {
  const topics = new Topics(topicPrefix);
  return {
    userProperties: connectProperties("mcp-client", clientInfo),
    goodbye: (clientId) => goodbye(topics, clientId),
    filters: (answer: UserProperties) => {
      const names = parseServerNameFilters(firstValue(answer, SERVER_NAME_FILTERS) ?? '["#"]') ?? ["#"];
      return names.map((serverName) => topics.serverPresence({ serverId: "+", serverName }));
    },
    read: ({ topic, payload }): Announcement | undefined => {
      const server = topics.presentServer(topic);
      const gone = isGone(payload);
      const online = gone ? {} : isOnline(payload) ? decodeOnline(payload) : undefined;
      if (server === undefined || online === undefined) return undefined;
      return {
        profile: NAME,
        topic,
        online: !gone,
        serverName: server.serverName,
        instance: server.serverId,
        address: topics.control(server),
        description: online.description ?? "",
        meta: online.meta ?? {},
      };
    },
  };
}
