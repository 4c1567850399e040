/** `call`: its options and its help. @module */
import {
  BROKER_SETTINGS,
  CONNECT_SETTINGS,
  KNOWN_SERVER_SETTINGS,
  LOG_SETTINGS,
  MESSAGE_SETTINGS,
  onOff,
  type SettingsOf,
  text,
} from "../../config/mod.ts";
import { ADDRESS_SETTINGS } from "../../wire/mod.ts";
import type { CommandDeclaration } from "../command.ts";

/** What is called, and how the result is shown. */
interface CallOptions {
  /** Whether to use the tools of the gateway, instead of those of one server. */
  readonly gateway: boolean;
  readonly list: boolean;
  readonly json: boolean;
  /** Where binary content is saved. */
  readonly output: string;
}

const CALL_SETTINGS: SettingsOf<CallOptions> = {
  gateway: {
    flag: "--gateway",
    description:
      "call what gateway offers, such as SERVER__TOOL, find_tools or call_many, instead of one server's tools",
    kind: onOff,
  },
  list: {
    flag: "--list",
    description: "show the server's tools with their parameters, as without TOOL",
    kind: onOff,
  },
  json: {
    flag: "--json",
    description: "print the result as the server has sent it, as JSON",
    kind: onOff,
  },
  output: {
    flag: "--output <directory>",
    environment: "MCP_MQTT_OUTPUT",
    description: "where images and other binary content is saved",
    kind: text,
    fallback: ".",
  },
};

const settings = {
  ...CALL_SETTINGS,
  ...ADDRESS_SETTINGS,
  ...CONNECT_SETTINGS,
  ...KNOWN_SERVER_SETTINGS,
  ...MESSAGE_SETTINGS,
  ...BROKER_SETTINGS,
  ...LOG_SETTINGS,
};

/** The settings of `call`. */
export type CallSettings = typeof settings;

/** The command `call`. */
export const CALL: CommandDeclaration<CallSettings> = {
  operands: "NAME [TOOL [ARGUMENTS...]]",
  summary: "call one tool of an MCP server on a broker, for scripts and for trying things",
  description:
    "Calls one tool of the server of that name, and prints the result. Without TOOL, shows the tools. The arguments are " +
    "key=value for a text, key:=json for anything else, or one JSON object (- to read it from stdin). With --name, " +
    "--server-name or --topic, the first word is the tool. The exit code is 0 for success, 3 for an error of the tool or " +
    "the server, 1 when the server cannot be reached, 2 for a wrong command line.",
  examples: [
    ["mcp-mqtt-proxy call files", "the tools of the server and their parameters"],
    ["mcp-mqtt-proxy call files read_text_file path=/srv/notes.txt head:=3", "one call"],
    ["mcp-mqtt-proxy call --gateway call_many names='home/#' tool=read", "the same call to every server of a house"],
    [`mcp-mqtt-proxy call --server-name demo/echo echo '{"text":"hi"}' --json | jq`, "for scripts"],
  ],
  groups: {
    "Call:": CALL_SETTINGS,
    "Server:": { ...ADDRESS_SETTINGS, ...CONNECT_SETTINGS, ...MESSAGE_SETTINGS },
    "Sealing:": KNOWN_SERVER_SETTINGS,
    "Broker:": BROKER_SETTINGS,
    "Log:": LOG_SETTINGS,
  },
  settings,
  common: [
    "gateway",
    "json",
    "output",
    "name",
    "connectTimeout",
    "timeout",
    "broker",
    "username",
    "passwordFile",
    "ca",
  ],
};
