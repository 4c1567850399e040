/**
 * The table of commands.
 *
 * @module
 */
import type { Settings } from "../config/mod.ts";
import type { CommandDeclaration } from "./command.ts";
import { CALL } from "./call.ts";
import { CHECK } from "./check.ts";
import { COMPLETIONS } from "./completions.ts";
import { CONFIG } from "./config.ts";
import { CONNECT } from "./connect.ts";
import { LAUNCH } from "./launch.ts";
import { LIST } from "./list.ts";
import { SERVE } from "./serve.ts";
import { TOOLS } from "./tools.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandDeclaration<Settings>[] = [
  SERVE,
  CONNECT,
  TOOLS,
  LAUNCH,
  LIST,
  CALL,
  CHECK,
  CONFIG,
  COMPLETIONS,
];
