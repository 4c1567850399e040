/** `launch`: its options and its help. @module */
import { CREDENTIAL_SOURCE_SETTINGS, LOG_SETTINGS } from "../../config/mod.ts";
import type { CommandDeclaration } from "../command.ts";

const logSettings = { ...LOG_SETTINGS, logLevel: { ...LOG_SETTINGS.logLevel, fallback: "info" } };

const settings = { ...CREDENTIAL_SOURCE_SETTINGS, ...logSettings };

/** The settings of `launch`. */
export type LaunchSettings = typeof settings;

/** The command `launch`. */
export const LAUNCH: CommandDeclaration<LaunchSettings> = {
  operands: "-- COMMAND [ARGUMENTS...]",
  summary: "give an SMCP server its credentials, so that any MCP host can use it",
  description:
    "Starts an SMCP server, gives it its credentials, and then passes its stdin and stdout through, so that it is an " +
    "ordinary MCP server to the host. The credentials are in no argument, no environment and no file of the server.",
  examples: [
    [
      "mcp-mqtt-proxy launch --credentials-file ./broker.json -- mcp-mqtt-proxy tools",
      "credentials from a file that only you can read: chmod 600 broker.json",
    ],
    [
      "mcp-mqtt-proxy launch --credentials-command 'pass show mqtt' -- mcp-mqtt-proxy tools",
      "credentials from a password store",
    ],
    [
      "mcp-mqtt-proxy launch --credentials-env CRED_ -- mcp-mqtt-proxy tools",
      "credentials from CRED_MQTT_BROKER, CRED_MQTT_PASS and so on",
    ],
  ],
  groups: { "Credentials:": CREDENTIAL_SOURCE_SETTINGS, "Log:": logSettings },
  settings,
};
