/** `list`: its options and its help. @module */
import { BROKER_SETTINGS, CONNECT_SETTINGS, LIST_SETTINGS, LOG_SETTINGS, TOPIC_SETTINGS } from "../../config/mod.ts";
import type { CommandDeclaration } from "../command.ts";

const { profile, topic, topicPrefix } = TOPIC_SETTINGS;
const { connectTimeout } = CONNECT_SETTINGS;
const where = { profile, topic, topicPrefix, connectTimeout };
const settings = { ...LIST_SETTINGS, ...where, ...BROKER_SETTINGS, ...LOG_SETTINGS };

/** The settings of `list`. */
export type ListSettings = typeof settings;

/** The command `list`. */
export const LIST: CommandDeclaration<ListSettings> = {
  name: "list",
  summary: "show the MCP servers that are online on a broker",
  description: "Shows the MCP servers that are online on a broker, in every profile: their names, how many instances " +
    "there are of each, since when, and what they say they are good for.",
  examples: [
    ["mcp-mqtt-proxy list", "who is online on the broker on this machine"],
    ["mcp-mqtt-proxy list --watch", "the same, and then who comes and goes"],
    ["mcp-mqtt-proxy list --json | jq -r '.[].name'", "for scripts"],
  ],
  groups: { "Servers:": { ...LIST_SETTINGS, ...where }, "Broker:": BROKER_SETTINGS, "Log:": LOG_SETTINGS },
  settings,
};
