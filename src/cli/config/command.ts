/** `config`: its options and its help. @module */
import { HOST_SETTINGS } from "../../config/mod.ts";
import type { CommandDeclaration } from "../command.ts";
import { CONNECT } from "../connect/command.ts";

const settings = { ...HOST_SETTINGS, ...CONNECT.settings };

/** The settings of `config`. */
export type ConfigSettings = typeof settings;

/** The command `config`. */
export const CONFIG: CommandDeclaration<ConfigSettings> = {
  name: "config",
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
};
