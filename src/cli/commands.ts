/**
 * The table of commands.
 *
 * @module
 */
import { loadable, type LoadableCommand, type NamedDeclaration } from "./command.ts";

/**
 * Part of the name of a file, to keep that name from being a literal. Deno fetches everything that a remote module
 * imports by a literal name before anything runs. Users who run this program from a registry would fetch the ninety
 * packages of the MCP SDK, which only `tools` and `gateway` need. Locally and in a bundle, Deno finds the file anyway.
 */
const ACTION = "action";

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
    async () => (await import(`./gateway/${ACTION}.ts`)).gatewayAction,
  ),
  loadable(
    { name: "tools" },
    async () => (await import("./tools/command.ts")).TOOLS,
    async () => (await import(`./tools/${ACTION}.ts`)).toolsAction,
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
    async () => (await import(`./config/${ACTION}.ts`)).configAction,
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
