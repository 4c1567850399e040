/**
 * The table of commands.
 *
 * @module
 */
import { loadable, type LoadableCommand, type NamedDeclaration } from "./command.ts";

/**
 * Parts of the paths of files, to keep these paths from being literals. Deno fetches everything that a remote module
 * imports by a literal path before anything runs. Users who run this program from a registry would fetch the ninety
 * packages of the MCP SDK, which only `tools` and `gateway` need. Locally and in a bundle, Deno looks for all files that
 * may be meant, which are the actions alone as long as only the name of the folder is left open.
 */
const GATEWAY = "gateway";
const TOOLS = "tools";
const CONFIG = "config";

/** Every command, in the order of the help. Declarations and actions are loaded when they are needed. */
export const COMMANDS: readonly LoadableCommand[] = [
  loadable(
    { name: "serve", alias: "listen" },
    async () => (await import("./serve/command.ts")).SERVE,
    async () => (await import("./serve/action.ts")).serveAction,
  ),
  loadable(
    { name: "connect" },
    async () => (await import("./connect/command.ts")).CONNECT,
    async () => (await import("./connect/action.ts")).connectAction,
  ),
  loadable(
    { name: "gateway" },
    async () => (await import("./gateway/command.ts")).GATEWAY,
    async () => (await import(`./${GATEWAY}/action.ts`)).gatewayAction,
  ),
  loadable(
    { name: "tools" },
    async () => (await import("./tools/command.ts")).TOOLS,
    async () => (await import(`./${TOOLS}/action.ts`)).toolsAction,
  ),
  loadable(
    { name: "launch" },
    async () => (await import("./launch/command.ts")).LAUNCH,
    async () => (await import("./launch/action.ts")).launchAction,
  ),
  loadable(
    { name: "list" },
    async () => (await import("./list/command.ts")).LIST,
    async () => (await import("./list/action.ts")).listAction,
  ),
  loadable(
    { name: "call" },
    async () => (await import("./call/command.ts")).CALL,
    async () => (await import("./call/action.ts")).callAction,
  ),
  loadable(
    { name: "check" },
    async () => (await import("./check/command.ts")).CHECK,
    async () => (await import("./check/action.ts")).checkAction,
  ),
  loadable(
    { name: "config" },
    async () => (await import("./config/command.ts")).CONFIG,
    async () => (await import(`./${CONFIG}/action.ts`)).configAction,
  ),
  loadable(
    { name: "key" },
    async () => (await import("./key/command.ts")).KEY,
    async () => (await import("./key/action.ts")).keyAction,
  ),
  loadable(
    { name: "completions" },
    async () => (await import("./completions/command.ts")).COMPLETIONS,
    async () => (await import("./completions/action.ts")).completionsAction,
  ),
  loadable(
    { name: "licenses" },
    async () => (await import("./licenses/command.ts")).LICENSES,
    async () => (await import("./licenses/action.ts")).licensesAction,
  ),
];

/** The declarations of all commands, in the order of the help. */
export function allDeclarations(): Promise<NamedDeclaration[]> {
  return Promise.all(
    COMMANDS.map(async ({ declaration, action: _, ...names }) => ({ ...names, ...await declaration() })),
  );
}
