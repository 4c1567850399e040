/**
 * The table of commands.
 *
 * @module
 */
import { loadable, type LoadableCommand, type NamedDeclaration } from "./command.ts";

/** What the commands do, by their folders. */
interface Actions {
  readonly serve: typeof import("./serve/action.ts");
  readonly connect: typeof import("./connect/action.ts");
  readonly gateway: typeof import("./gateway/action.ts");
  readonly tools: typeof import("./tools/action.ts");
  readonly launch: typeof import("./launch/action.ts");
  readonly list: typeof import("./list/action.ts");
  readonly call: typeof import("./call/action.ts");
  readonly check: typeof import("./check/action.ts");
  readonly config: typeof import("./config/action.ts");
  readonly key: typeof import("./key/action.ts");
  readonly completions: typeof import("./completions/action.ts");
  readonly licenses: typeof import("./licenses/action.ts");
}

/**
 * Loads what a command does. The path is not a literal: Deno fetches everything that a remote module imports by a literal
 * path before anything runs. Users who run this program from a registry would fetch every command, and the ninety
 * packages of the MCP SDK, which only `tools` and `gateway` need. Locally and in a bundle, Deno looks for all files that
 * may be meant, which are the actions alone.
 */
function actionIn<Folder extends keyof Actions>(folder: Folder): Promise<Actions[Folder]> {
  return import(`./${folder}/action.ts`);
}

/** Every command, in the order of the help. Declarations and actions are loaded when they are needed. */
export const COMMANDS: readonly LoadableCommand[] = [
  loadable(
    { name: "serve", alias: "listen" },
    async () => (await import("./serve/command.ts")).SERVE,
    async () => (await actionIn("serve")).serveAction,
  ),
  loadable(
    { name: "connect" },
    async () => (await import("./connect/command.ts")).CONNECT,
    async () => (await actionIn("connect")).connectAction,
  ),
  loadable(
    { name: "gateway" },
    async () => (await import("./gateway/command.ts")).GATEWAY,
    async () => (await actionIn("gateway")).gatewayAction,
  ),
  loadable(
    { name: "tools" },
    async () => (await import("./tools/command.ts")).TOOLS,
    async () => (await actionIn("tools")).toolsAction,
  ),
  loadable(
    { name: "launch" },
    async () => (await import("./launch/command.ts")).LAUNCH,
    async () => (await actionIn("launch")).launchAction,
  ),
  loadable(
    { name: "list" },
    async () => (await import("./list/command.ts")).LIST,
    async () => (await actionIn("list")).listAction,
  ),
  loadable(
    { name: "call" },
    async () => (await import("./call/command.ts")).CALL,
    async () => (await actionIn("call")).callAction,
  ),
  loadable(
    { name: "check" },
    async () => (await import("./check/command.ts")).CHECK,
    async () => (await actionIn("check")).checkAction,
  ),
  loadable(
    { name: "config" },
    async () => (await import("./config/command.ts")).CONFIG,
    async () => (await actionIn("config")).configAction,
  ),
  loadable(
    { name: "key" },
    async () => (await import("./key/command.ts")).KEY,
    async () => (await actionIn("key")).keyAction,
  ),
  loadable(
    { name: "completions" },
    async () => (await import("./completions/command.ts")).COMPLETIONS,
    async () => (await actionIn("completions")).completionsAction,
  ),
  loadable(
    { name: "licenses" },
    async () => (await import("./licenses/command.ts")).LICENSES,
    async () => (await actionIn("licenses")).licensesAction,
  ),
];

/** The declarations of all commands, in the order of the help. */
export function allDeclarations(): Promise<NamedDeclaration[]> {
  return Promise.all(
    COMMANDS.map(async ({ declaration, action: _, ...names }) => ({ ...names, ...await declaration() })),
  );
}
