/**
 * The settings of `list`.
 *
 * @module
 */
import { onOff, secondsOrNone } from "./schemas.ts";
import { setting } from "./setting.ts";

/** How servers are listed. */
export const LIST_SETTINGS = {
  watch: setting({
    flag: "--watch",
    environment: "MCP_MQTT_WATCH",
    description: "go on, and show who comes and goes",
    schema: onOff,
  }),
  json: setting({
    flag: "--json",
    environment: "MCP_MQTT_JSON",
    description: "for programs: an array of servers, or with --watch one line of JSON for each change",
    schema: onOff,
  }),
  wait: setting({
    flag: "--wait <seconds>",
    environment: "MCP_MQTT_WAIT",
    description: "how long without a further server before all are taken to be known",
    schema: secondsOrNone(),
    fallback: "0.5",
  }),
};
