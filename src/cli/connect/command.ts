/** `connect`: its options and its help. @module */
import {
  BROKER_SETTINGS,
  CONNECT_SETTINGS,
  END_SETTINGS,
  KNOWN_SERVER_SETTINGS,
  LOG_SETTINGS,
  MESSAGE_SETTINGS,
  SMCP_SETTINGS,
  STATUS_SETTINGS,
  TRACE_CONTEXT_SETTINGS,
  TRACE_SETTINGS,
} from "../../config/mod.ts";
import { ADDRESS_SETTINGS } from "../../wire/mod.ts";
import type { CommandDeclaration } from "../command.ts";

const settings = {
  ...ADDRESS_SETTINGS,
  ...CONNECT_SETTINGS,
  ...END_SETTINGS,
  ...KNOWN_SERVER_SETTINGS,
  ...MESSAGE_SETTINGS,
  ...BROKER_SETTINGS,
  ...SMCP_SETTINGS,
  ...LOG_SETTINGS,
  ...STATUS_SETTINGS,
  ...TRACE_SETTINGS,
  ...TRACE_CONTEXT_SETTINGS,
};

/** The settings of `connect`. */
export type ConnectSettings = typeof settings;

/** The command `connect`. */
export const CONNECT: CommandDeclaration<ConnectSettings> = {
  operands: "[-- COMMAND [ARGUMENTS...]]",
  summary: "reach an MCP server on a broker as if it were a local one",
  description:
    "Speaks MCP on stdin and stdout, for an MCP host that starts it as a local server, and carries it to the server of " +
    "that name on the broker. With COMMAND, starts that stdio MCP client and speaks on its stdin and stdout instead.",
  examples: [
    ["mcp-mqtt-proxy connect --name files", "the server on mcp/files of the broker on this machine"],
    [
      "mcp-mqtt-proxy connect --broker mqtts://broker.example.com --username me --password-file ./password --name files",
      "the same on another machine, over TLS",
    ],
  ],
  groups: {
    "Server:": { ...ADDRESS_SETTINGS, ...CONNECT_SETTINGS, ...END_SETTINGS, ...MESSAGE_SETTINGS },
    "Sealing:": KNOWN_SERVER_SETTINGS,
    "Broker:": { ...BROKER_SETTINGS, ...SMCP_SETTINGS },
    "Log, status and traces:": { ...LOG_SETTINGS, ...STATUS_SETTINGS, ...TRACE_SETTINGS, ...TRACE_CONTEXT_SETTINGS },
  },
  settings,
  common: ["name", "connectTimeout", "timeout", "broker", "username", "passwordFile", "ca", "logLevel"],
};
