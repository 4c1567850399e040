/** `tools`: its options and its help. @module */
import {
  CONNECTION_SETTINGS,
  HANDSHAKE_SETTINGS,
  LOG_SETTINGS,
  MESSAGE_SETTINGS,
  PERMISSION_SETTINGS,
  TOOL_SETTINGS,
} from "../../config/mod.ts";
import type { CommandDeclaration } from "../command.ts";

const logSettings = {
  ...LOG_SETTINGS,
  // shepherd (e55a893) never reads stderr, and a full pipe would block.
  logLevel: { ...LOG_SETTINGS.logLevel, fallback: "error" },
};

const settings = {
  ...HANDSHAKE_SETTINGS,
  ...PERMISSION_SETTINGS,
  ...TOOL_SETTINGS,
  ...MESSAGE_SETTINGS,
  ...CONNECTION_SETTINGS,
  ...logSettings,
};

/** The settings of `tools`. */
export type ToolsSettings = typeof settings;

/** The command `tools`. */
export const TOOLS: CommandDeclaration<ToolsSettings> = {
  summary: "an MCP server with tools for MQTT, for an agent",
  description:
    "An MCP server on stdin and stdout that gives an agent MQTT: publish, subscribe, get_retained, request and more, and " +
    "topics as resources. It gets the broker and the login from its host by an SMCP handshake, and keeps them in memory " +
    "only. Called by the name mqtt-smcp-server, this program does the same without any argument.",
  examples: [
    [
      "mcp-mqtt-proxy launch --credentials-file ./broker.json -- mcp-mqtt-proxy tools",
      "for an MCP host that does not speak SMCP; broker.json holds MQTT_BROKER, MQTT_USER, MQTT_PASS, ...",
    ],
    [
      "mcp-mqtt-proxy tools --allow-subscribe 'plant/#' --allow-publish 'plant/+/setpoint'",
      "an agent that may read a plant, and set its setpoints only",
    ],
    [
      "mcp-mqtt-proxy tools --topics plant.json --confirm 'plant/+/setpoint'",
      "topics that the operator has described, and a user who is asked before a setpoint changes",
    ],
    ["MQTT_BROKER=localhost mcp-mqtt-proxy tools --insecure", "without a handshake, for trying things"],
  ],
  groups: {
    "Credentials:": HANDSHAKE_SETTINGS,
    "Permissions:": PERMISSION_SETTINGS,
    "Tools:": { ...TOOL_SETTINGS, ...MESSAGE_SETTINGS },
    "Broker:": CONNECTION_SETTINGS,
    "Log:": logSettings,
  },
  settings,
  common: ["insecure", "allowPublish", "allowSubscribe", "readOnly", "logLevel"],
};
