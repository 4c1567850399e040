/** `key`: its options and its help. @module */
import type { CommandDeclaration } from "../command.ts";

/** What `key` can do. */
export const KEY_ACTIONS = ["new", "show"] as const;

/** The command `key`. */
export const KEY: CommandDeclaration<Record<never, never>> = {
  operands: `${KEY_ACTIONS.join("|")} FILE`,
  choices: KEY_ACTIONS,
  summary: "make the keys of sealed sessions, and show them",
  description: "new makes a private key in FILE, which only its owner may read, and prints the public key. " +
    "show prints the public key of the private key in FILE. Public keys may be seen by anybody.",
  examples: [
    ["mcp-mqtt-proxy key new server.key", "then serve with --key server.key"],
    ["mcp-mqtt-proxy key show me.key", "the key that a server's --authorized-keys is to have"],
  ],
  groups: {},
  settings: {},
};
