/** `config`: its options and its help. @module */
import {
  CREDENTIAL_SOURCE_SETTINGS,
  oneText,
  onOff,
  PERMISSION_SETTINGS,
  type SettingsOf,
  text,
  TOOL_SETTINGS,
} from "../../config/mod.ts";
import type { Scope } from "./host.ts";
import { HOSTS } from "./hosts.ts";
import type { CommandDeclaration } from "../command.ts";
import { CONNECT } from "../connect/command.ts";

/** The MCP host to configure, and the place of the configuration. */
interface HostOptions {
  /** One of {@linkcode HOSTS}. */
  readonly for: string | undefined;
  /** Whether the host starts `tools` instead of `connect`. */
  readonly tools: boolean;
  /** Whether the host starts `gateway` instead of `connect`. */
  readonly gateway: boolean;
  readonly as: string | undefined;
  readonly scope: Scope | undefined;
  readonly write: boolean;
  readonly file: string | undefined;
}

const HOST_NAMES = Object.keys(HOSTS);

const HOST_SETTINGS: SettingsOf<HostOptions> = {
  for: {
    flag: "--for <host>",
    description: `the host: ${HOST_NAMES.filter((name) => name !== "json").join(", ")}, or json for any other`,
    kind: oneText<string>(HOST_NAMES),
  },
  tools: {
    flag: "--tools",
    description: "the line starts the tools for MQTT, through launch, instead of connect",
    kind: onOff,
  },
  gateway: {
    flag: "--gateway",
    description: "the line starts gateway, with the options that come behind --, instead of connect",
    kind: onOff,
  },
  as: {
    flag: "--as <name>",
    description: "the name that the host shows; by default the last level of the server's name",
    kind: text,
  },
  scope: {
    flag: "--scope <scope>",
    description: "user, for yourself everywhere, or project, for everybody who works in the current directory",
    kind: oneText<Scope>(["user", "project"]),
  },
  write: {
    flag: "--write",
    description: "put it into the host's file, after a backup, instead of printing it",
    kind: onOff,
  },
  file: {
    flag: "--file <file>",
    description: "the host's file, if it is not where it usually is",
    kind: text,
  },
};

const toolSettings = { ...CREDENTIAL_SOURCE_SETTINGS, ...PERMISSION_SETTINGS, ...TOOL_SETTINGS };

const settings = { ...HOST_SETTINGS, ...toolSettings, ...CONNECT.settings };

const { connectTimeout: _shared, ...onlyTools } = toolSettings;

/** The settings of `config`. */
export type ConfigSettings = typeof settings;

/** The command `config`. */
export const CONFIG: CommandDeclaration<ConfigSettings> = {
  operands: "[-- OPTIONS OF gateway...]",
  summary: "the configuration of an MCP host that starts `connect`",
  description:
    "Prints what an MCP host's file has to contain so that the host starts `connect` with these options, or merges it " +
    "into that file. A password is never written: the host is told to take it from a variable, or asks for it.",
  examples: [
    [
      "mcp-mqtt-proxy config --for claude-desktop --broker mqtts://broker.example.com --name files --write",
      "Claude Desktop has the tools of mcp/files when it is started the next time",
    ],
    ["mcp-mqtt-proxy config --for vscode --name files", "what .vscode/mcp.json has to contain"],
    [
      "mcp-mqtt-proxy config --for vscode --gateway -- --names 'home/#' --confirm",
      "all servers of a house, and a user who is asked before anything is changed",
    ],
    [
      "mcp-mqtt-proxy config --for cursor --tools --credentials-file ~/broker.json --read-only --write",
      "Cursor gets the tools for MQTT, through launch, and may only read",
    ],
  ],
  groups: { "Host:": HOST_SETTINGS, "With --tools:": onlyTools, ...CONNECT.groups },
  settings,
  common: [
    "for",
    "tools",
    "gateway",
    "as",
    "scope",
    "write",
    "file",
    "name",
    "broker",
    "username",
    "passwordFile",
    "ca",
  ],
};
