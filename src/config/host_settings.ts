/**
 * The settings of `config`.
 *
 * @module
 */
import { oneOf, onOff, optionalText } from "./schemas.ts";
import { setting } from "./setting.ts";

/** The hosts that `--for` takes; `json` for any other. */
export const HOST_NAMES = [
  "claude-desktop",
  "claude-code",
  "vscode",
  "cursor",
  "windsurf",
  "gemini-cli",
  "zed",
  "json",
] as const;

/** A host that `--for` takes. */
export type HostName = (typeof HOST_NAMES)[number];

/** For which MCP host a configuration is made, and where it goes. */
export const HOST_SETTINGS = {
  for: setting({
    flag: "--for <host>",
    environment: "MCP_MQTT_FOR",
    description: `the host: ${HOST_NAMES.slice(0, -1).join(", ")}, or json for any other`,
    schema: oneOf(HOST_NAMES).optional(),
  }),
  as: setting({
    flag: "--as <name>",
    environment: "MCP_MQTT_AS",
    description: "the name that the host shows; by default the last level of the server's name",
    schema: optionalText,
  }),
  write: setting({
    flag: "--write",
    environment: "MCP_MQTT_WRITE",
    description: "merge it into the host's file, after a backup, instead of printing it",
    schema: onOff,
  }),
  file: setting({
    flag: "--file <file>",
    environment: "MCP_MQTT_FILE",
    description: "the host's file, if it is not where it usually is",
    schema: optionalText,
  }),
};
