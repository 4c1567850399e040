/**
 * The table of commands.
 *
 * @module
 */
import { loadable, type LoadableCommand } from "./command.ts";
import { CALL } from "./call/command.ts";
import { CHECK } from "./check/command.ts";
import { COMPLETIONS } from "./completions/command.ts";
import { CONFIG } from "./config/command.ts";
import { CONNECT } from "./connect/command.ts";
import { LAUNCH } from "./launch/command.ts";
import { LIST } from "./list/command.ts";
import { SERVE } from "./serve/command.ts";
import { TOOLS } from "./tools/command.ts";

/** Every command, in the order of the help. What it does is loaded when it is called. */
export const COMMANDS: readonly LoadableCommand[] = [
  loadable(SERVE, async () => (await import("./serve/action.ts")).serveAction),
  loadable(CONNECT, async () => (await import("./connect/action.ts")).connectAction),
  loadable(TOOLS, async () => (await import("./tools/action.ts")).toolsAction),
  loadable(LAUNCH, async () => (await import("./launch/action.ts")).launchAction),
  loadable(LIST, async () => (await import("./list/action.ts")).listAction),
  loadable(CALL, async () => (await import("./call/action.ts")).callAction),
  loadable(CHECK, async () => (await import("./check/action.ts")).checkAction),
  loadable(CONFIG, async () => (await import("./config/action.ts")).configAction),
  loadable(COMPLETIONS, async () => (await import("./completions/action.ts")).completionsAction),
];
