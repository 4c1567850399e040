/**
 * The settings of the log.
 *
 * @module
 */
import { oneOf } from "./schemas.ts";
import { setting } from "./setting.ts";

/** What is written to stderr, and how. */
export const LOG_SETTINGS = {
  logLevel: setting({
    flag: "--log-level <level>",
    environment: "MCP_MQTT_LOG_LEVEL",
    description: "least important level to log to stderr: debug, info, warning, error or off",
    schema: oneOf(["debug", "info", "warning", "error", "off"]),
    fallback: "warning",
  }),
  logFormat: setting({
    flag: "--log-format <format>",
    environment: "MCP_MQTT_LOG_FORMAT",
    description: "text or json",
    schema: oneOf(["text", "json"]),
    fallback: "text",
  }),
};
