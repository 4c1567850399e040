/**
 * The settings of `check`.
 *
 * @module
 */
import { oneOf, onOff } from "./schemas.ts";
import { setting } from "./setting.ts";

/** What is checked, and how it is shown. */
export const CHECK_SETTINGS = {
  role: setting({
    flag: "--role <command>",
    environment: "MCP_MQTT_ROLE",
    description: "which command is to work here: serve, connect or both",
    schema: oneOf(["serve", "connect", "both"]),
    fallback: "both",
  }),
  json: setting({
    flag: "--json",
    environment: "MCP_MQTT_JSON",
    description: "for programs",
    schema: onOff,
  }),
};
