/**
 * The settings of `call`.
 *
 * @module
 */
import { onOff, optionalText } from "./schemas.ts";
import { setting } from "./setting.ts";

/** What is called, and what becomes of the result. */
export const CALL_SETTINGS = {
  list: setting({
    flag: "--list",
    environment: "MCP_MQTT_LIST",
    description: "show the server's tools with their parameters, instead of calling one",
    schema: onOff,
  }),
  json: setting({
    flag: "--json",
    environment: "MCP_MQTT_JSON",
    description: "print the result as the server has sent it, as JSON",
    schema: onOff,
  }),
  output: setting({
    flag: "--output <directory>",
    environment: "MCP_MQTT_OUTPUT",
    description: "where images and other binary content is saved",
    schema: optionalText,
    fallback: ".",
  }),
};
