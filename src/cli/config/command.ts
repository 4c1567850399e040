/** `config`: its options and its help. @module */
import { oneText, onOff, type SettingsOf, text } from "../../config/mod.ts";
import { HOSTS, type Scope } from "./hosts.ts";
import type { CommandDeclaration } from "../command.ts";
import { CONNECT } from "../connect/command.ts";

/** For which MCP host a configuration is made, and where it goes. */
interface HostOptions {
  /** One of {@linkcode HOSTS}. */
  readonly for: string | undefined;
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

const settings = { ...HOST_SETTINGS, ...CONNECT.settings };

/** The settings of `config`. */
export type ConfigSettings = typeof settings;

/** The command `config`. */
export const CONFIG: CommandDeclaration<ConfigSettings> = {
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
  ],
  groups: { "Host:": HOST_SETTINGS, ...CONNECT.groups },
  settings,
  common: ["for", "as", "scope", "write", "file", "name", "broker", "username", "passwordFile", "ca"],
};
