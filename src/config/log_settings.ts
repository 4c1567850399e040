/**
 * The settings of what is told about the process.
 *
 * @module
 */
import { oneOf, optionalText } from "./schemas.ts";
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

/** Where the status is served. */
export const STATUS_SETTINGS = {
  status: setting({
    flag: "--status <address:port>",
    environment: "MCP_MQTT_STATUS",
    description: "serve /healthz, /readyz, /metrics and a page over HTTP; on this machine only if no address is given",
    schema: optionalText,
  }),
};
