/**
 * Finding the servers of the request-response profile.
 *
 * @module
 */
import { isTopicLevel } from "../../mqtt/mod.ts";
import { baseTopic } from "./address.ts";
import type { Announcement, Directory, DirectoryOptions } from "../profile.ts";
import { decodePresence, isPresence } from "./presence.ts";

/** The name of the profile. */
export const NAME = "request-response";

/** Base topics with as many levels as this are found, besides the one that is asked for. */
const LEVELS = 4;

/** Reads the presence of the servers on base topics of any name, and on `topic` wherever that is. */
export function directory({ topic: base }: DirectoryOptions): Directory {
  const bases = ["mcp/+", "mcp/+/+", ...Array.from({ length: LEVELS }, (_, depth) => `+${"/+".repeat(depth)}`)];
  if (base !== undefined) bases.unshift(base);
  return {
    userProperties: {},
    filters: () => bases.map((base) => `${base}/presence/+`),
    read: ({ topic, payload }): Announcement | undefined => {
      const levels = topic.split("/");
      const instance = levels.pop() ?? "";
      if (levels.pop() !== "presence" || !isTopicLevel(instance) || !isPresence(payload)) return undefined;
      const address = levels.join("/");
      const presence = decodePresence(payload);
      const serverName = presence?.serverName || address;
      return {
        profile: NAME,
        topic,
        online: presence !== undefined,
        serverName,
        ...(address === baseTopic(serverName) ? {} : { base: address }),
        instance,
        address,
        description: presence?.description ?? "",
        meta: presence?.meta ?? {},
      };
    },
  };
}
