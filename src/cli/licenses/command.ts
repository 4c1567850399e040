/** `licenses`: its help. @module */
import type { CommandDeclaration } from "../command.ts";

/** The command `licenses`. */
export const LICENSES: CommandDeclaration<Record<never, never>> = {
  summary: "the licenses of the packages that this program contains",
  description: "Prints the copyright notice and the license of every package whose code is in this program.",
  examples: [["mcp-mqtt-proxy licenses | less", "page by page"]],
  groups: {},
  settings: {},
};
