/** `completions`: what it does. @module */
import { UsageError } from "../core/usage_error.ts";
import type { Action } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { completionScript, describeCommands } from "./completion_scripts.ts";
import { SHELLS } from "./completions.ts";
import { EXIT_OK } from "./exit_codes.ts";

/** Prints the script for a shell. */
export const completionsAction: Action<Record<never, never>> = ({ operands, io }) => {
  const shell = SHELLS.find((shell) => shell === operands[0]);
  if (shell === undefined) throw new UsageError([`say for which shell: completions ${SHELLS.join("|")}`]);
  io.print(completionScript(shell, describeCommands(COMMANDS)));
  return Promise.resolve(EXIT_OK);
};
