/** `completions`: its options and its help. @module */
import type { CommandDeclaration } from "../command.ts";

/** The shells with completions. */
export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

/** The command `completions`. */
export const COMPLETIONS: CommandDeclaration<Record<never, never>> = {
  operands: SHELLS.join("|"),
  choices: SHELLS,
  summary: "completions of commands and options for a shell",
  description: "Prints a script that makes a shell complete the commands, options and values of this program.",
  examples: [
    ['eval "$(mcp-mqtt-proxy completions bash)"', "in ~/.bashrc; the same with zsh in ~/.zshrc, after compinit"],
    ["mcp-mqtt-proxy completions fish > ~/.config/fish/completions/mcp-mqtt-proxy.fish", "once"],
    ["mcp-mqtt-proxy completions powershell | Out-String | Invoke-Expression", "in $PROFILE"],
  ],
  groups: {},
  settings: {},
};
