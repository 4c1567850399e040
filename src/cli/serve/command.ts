/** `serve`: its options and its help. @module */
import {
  AUTHORIZED_KEY_SETTINGS,
  BROKER_SETTINGS,
  END_SETTINGS,
  LOG_SETTINGS,
  MESSAGE_SETTINGS,
  SERVE_SETTINGS,
  SMCP_CHILD_SETTINGS,
  SMCP_SETTINGS,
  STATUS_SETTINGS,
  TRACE_CONTEXT_SETTINGS,
  TRACE_SETTINGS,
} from "../../config/mod.ts";
import { ADDRESS_SETTINGS } from "../../wire/mod.ts";
import type { CommandDeclaration } from "../command.ts";

const settings = {
  ...ADDRESS_SETTINGS,
  ...SERVE_SETTINGS,
  ...END_SETTINGS,
  ...SMCP_CHILD_SETTINGS,
  ...AUTHORIZED_KEY_SETTINGS,
  ...MESSAGE_SETTINGS,
  ...BROKER_SETTINGS,
  ...SMCP_SETTINGS,
  ...LOG_SETTINGS,
  ...STATUS_SETTINGS,
  ...TRACE_SETTINGS,
  ...TRACE_CONTEXT_SETTINGS,
};

/** The settings of `serve`. */
export type ServeSettings = typeof settings;

/** The command `serve`. */
export const SERVE: CommandDeclaration<ServeSettings> = {
  operands: "-- COMMAND [ARGUMENTS...]",
  summary: "put a stdio MCP server on an MQTT broker",
  description:
    "Puts a stdio MCP server on an MQTT broker. Every client session gets a process of its own, started with COMMAND.",
  examples: [
    [
      "mcp-mqtt-proxy serve --name files -- npx -y @modelcontextprotocol/server-filesystem /srv",
      "one server, on mcp/files of the broker on this machine",
    ],
    [
      "mcp-mqtt-proxy serve --broker mqtts://broker.example.com --username me --password-file ./password --config mcp.json",
      "every server of an MCP host's configuration, over TLS",
    ],
  ],
  groups: {
    "Server:": { ...ADDRESS_SETTINGS, ...SERVE_SETTINGS, ...END_SETTINGS, ...SMCP_CHILD_SETTINGS, ...MESSAGE_SETTINGS },
    "Sealing:": AUTHORIZED_KEY_SETTINGS,
    "Broker:": { ...BROKER_SETTINGS, ...SMCP_SETTINGS },
    "Log, status and traces:": { ...LOG_SETTINGS, ...STATUS_SETTINGS, ...TRACE_SETTINGS, ...TRACE_CONTEXT_SETTINGS },
  },
  settings,
  common: [
    "name",
    "description",
    "config",
    "cwd",
    "env",
    "maxSessions",
    "maxSessionsPerClient",
    "broker",
    "username",
    "passwordFile",
    "ca",
    "logLevel",
    "status",
  ],
};
