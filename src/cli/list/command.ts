/** `list`: its options and its help. @module */
import {
  BROKER_SETTINGS,
  CONNECT_SETTINGS,
  KNOWN_SERVER_SETTINGS,
  LOG_SETTINGS,
  onOff,
  secondsOrNone,
  type SettingsOf,
} from "../../config/mod.ts";
import { ADDRESS_SETTINGS } from "../../wire/mod.ts";
import type { CommandDeclaration } from "../command.ts";

/** How servers are listed. */
interface ListOptions {
  readonly watch: boolean;
  readonly json: boolean;
  /** When no further server is found for this long, in ms, all are taken to be known. */
  readonly wait: number;
}

const LIST_SETTINGS: SettingsOf<ListOptions> = {
  watch: {
    flag: "--watch",
    description: "go on, and show who comes and goes",
    kind: onOff,
  },
  json: {
    flag: "--json",
    description: "for programs: an array of servers, or with --watch one line of JSON for each change",
    kind: onOff,
  },
  wait: {
    flag: "--wait <seconds>",
    environment: "MCP_MQTT_WAIT",
    description: "how long without a further server before all are taken to be known",
    kind: secondsOrNone,
    fallback: "0.5",
  },
};

const { profile, topic, topicPrefix } = ADDRESS_SETTINGS;
const { connectTimeout } = CONNECT_SETTINGS;
const { knownServers } = KNOWN_SERVER_SETTINGS;
const where = { profile, topic, topicPrefix, connectTimeout, knownServers };
const settings = { ...LIST_SETTINGS, ...where, ...BROKER_SETTINGS, ...LOG_SETTINGS };

/** The settings of `list`. */
export type ListSettings = typeof settings;

/** The command `list`. */
export const LIST: CommandDeclaration<ListSettings> = {
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
  common: ["watch", "json", "broker", "username", "passwordFile", "ca"],
};
