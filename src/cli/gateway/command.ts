/** `gateway`: its options and its help. @module */
import { FACE_SETTINGS, FLEET_SETTINGS, POOL_SETTINGS, TOOL_POLICY_SETTINGS } from "../../app/gateway/settings.ts";
import {
  BROKER_SETTINGS,
  CONNECT_SETTINGS,
  END_SETTINGS,
  KNOWN_SERVER_SETTINGS,
  LOG_SETTINGS,
  MESSAGE_SETTINGS,
  SMCP_SETTINGS,
  STATUS_SETTINGS,
  TRACE_SETTINGS,
} from "../../config/mod.ts";
import { ADDRESS_SETTINGS } from "../../wire/mod.ts";
import type { CommandDeclaration } from "../command.ts";

const { profile, topicPrefix } = ADDRESS_SETTINGS;
const { serverId: _, noDiscovery: __, ...sessions } = CONNECT_SETTINGS;
const { knownServers } = KNOWN_SERVER_SETTINGS;
const where = { profile, topicPrefix };
// Smaller than elsewhere, because messages of a thousand servers may be in memory at the same time.
const messages = { maxMessage: { ...MESSAGE_SETTINGS.maxMessage, fallback: "16M" } };

const settings = {
  ...FLEET_SETTINGS,
  ...FACE_SETTINGS,
  ...TOOL_POLICY_SETTINGS,
  ...POOL_SETTINGS,
  ...where,
  ...sessions,
  ...END_SETTINGS,
  ...messages,
  knownServers,
  ...BROKER_SETTINGS,
  ...SMCP_SETTINGS,
  ...LOG_SETTINGS,
  ...STATUS_SETTINGS,
  ...TRACE_SETTINGS,
};

/** The settings of `gateway`. */
export type GatewaySettings = typeof settings;

/** The command `gateway`. */
export const GATEWAY: CommandDeclaration<GatewaySettings> = {
  summary: "offer all MCP servers on a broker to a host, as one server",
  description:
    "Speaks MCP on stdin and stdout, for an MCP host that starts it as a local server, and offers it every server that is " +
    "online on the broker: all their tools as they are, or, when these are too many for a model, a handful of tools that " +
    "find and call them, also on many servers at once.",
  examples: [
    ["mcp-mqtt-proxy gateway", "every server on the broker on this machine"],
    ["mcp-mqtt-proxy gateway --names 'home/#' --read-only", "what can be read in a house"],
    [
      "mcp-mqtt-proxy gateway --meta site=berlin --deny-tool 'plant/safety/*' --confirm",
      "a plant, without its safety, and with a user who is asked before anything is changed",
    ],
  ],
  groups: {
    "Servers:": { ...FLEET_SETTINGS, ...where },
    "Tools:": { ...FACE_SETTINGS, ...TOOL_POLICY_SETTINGS },
    "Sessions:": { ...sessions, ...POOL_SETTINGS, ...END_SETTINGS, ...messages },
    "Sealing:": { knownServers },
    "Broker:": { ...BROKER_SETTINGS, ...SMCP_SETTINGS },
    "Log, status and traces:": { ...LOG_SETTINGS, ...STATUS_SETTINGS, ...TRACE_SETTINGS },
  },
  settings,
  common: ["names", "meta", "mode", "readOnly", "confirm", "broker", "username", "passwordFile", "ca", "logLevel"],
};
