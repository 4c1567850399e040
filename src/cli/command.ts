/**
 * How a command of this program is declared.
 *
 * @module
 */
import { BROKER_SETTINGS, brokerVariables, resolve, type Settings, type Values } from "../config/mod.ts";
import type { Arguments } from "./arguments.ts";
import { loadLateCode } from "./late_code.ts";
import { dropPermissions, NEEDS, type PermissionKind } from "./permissions.ts";

/** What a command takes, and what its help says. */
export interface CommandDeclaration<S extends Settings> {
  /** What comes behind the options, as in `[-- command args...]`. */
  readonly operands?: string;
  /** What the first of them can be, when that can be counted. */
  readonly choices?: readonly string[];
  readonly summary: string;
  /** The first paragraph of its help. */
  readonly description: string;
  /** Copyable lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Its settings, in groups that the help shows under their titles. */
  readonly groups: Readonly<Record<string, Partial<S>>>;
  readonly settings: S;
  /** The settings that most need, which `--help` shows; all of them when `undefined`. `--help-all` shows the others. */
  readonly common?: readonly (keyof S)[];
}

/** What an action gets. */
export interface Invocation<S extends Settings> {
  readonly values: Values<S>;
  /** The flags that were given. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** What came behind the options. */
  readonly operands: readonly string[];
  /** To be called when all files that the settings name are read: from then on no file can be. */
  readonly started: (kept?: readonly PermissionKind[]) => void;
  /** What every command of the program takes. */
  readonly commands: () => Promise<readonly NamedDeclaration[]>;
  readonly io: CommandLineIo;
}

/** What a command line reads from and writes to, where that is not MCP. */
export interface CommandLineIo {
  readonly environment: (name: string) => string | undefined;
  /** What was asked for: a result, help, the version. */
  readonly print: (text: string) => void;
  /** What went wrong. */
  readonly printError: (text: string) => void;
  /** How many columns the terminal has that stderr is; `undefined` when it is none, and nobody looks. */
  readonly terminalWidth?: () => number | undefined;
  /** Whether nothing that was written on that terminal can be written over. @default {false} */
  readonly dumb?: boolean;
  /** How large the terminal is that stdout is; `undefined` when it is none, or nothing can be written over there. */
  readonly outputSize?: () => { readonly columns: number; readonly rows: number } | undefined;
  /** Gives back a permission that the command does not need; without it, all are kept. */
  readonly revoke?: (kind: PermissionKind) => void;
}

/** The line below each error of a command line. Without a command that is known, the help of the program is meant. */
export function helpHint(command: string | undefined): string {
  if (command === undefined) return "Run `mcp-mqtt-proxy --help` to see the commands.";
  return `Run \`mcp-mqtt-proxy ${command} --help\` to see the options.`;
}

/** Everything went as it should. */
export const EXIT_OK = 0;
/** Something failed. */
export const EXIT_FAILURE = 1;
/** The command line or the configuration is wrong. */
export const EXIT_USAGE = 2;
/** The tool that was called, or its server, has answered with an error. */
export const EXIT_REMOTE_ERROR = 3;
/** The broker refuses these credentials or this client id: `EX_NOPERM` of BSD's sysexits.h. */
export const EXIT_NO_PERMISSION = 77;
/** The terminal of a command that was not done is gone: 128 and the number of SIGHUP, as shells have it. */
export const EXIT_HUNG_UP = 129;
/** Ctrl+C has ended a command that was not done: 128 and the number of SIGINT. */
export const EXIT_INTERRUPTED = 130;
/** SIGTERM has ended a command that was not done: 128 and its number. */
export const EXIT_TERMINATED = 143;
/** Does what the command is for. Resolves with the exit code. */
export type Action<S extends Settings> = (invocation: Invocation<S>) => Promise<number>;

/** A command of which nothing is loaded yet. */
export interface LoadableCommand {
  readonly name: string;
  readonly alias?: string;
  readonly declaration: () => Promise<CommandDeclaration<Settings>>;
  readonly action: () => Promise<Action<Settings>>;
}

/** What a command takes, and what it is called. */
export type NamedDeclaration = CommandDeclaration<Settings> & Pick<LoadableCommand, "name" | "alias">;

/** Puts a declaration and its action together, which have to agree in the settings. */
export function loadable<S extends Settings>(
  names: Pick<LoadableCommand, "name" | "alias">,
  declaration: () => Promise<CommandDeclaration<S>>,
  action: () => Promise<Action<S>>,
): LoadableCommand {
  return { ...names, declaration, action } as unknown as LoadableCommand;
}

/** Does what a command is for. Resolves with the exit code. */
export async function runCommand(
  { name, declaration, action }: LoadableCommand,
  { flags, operands }: Arguments,
  commands: Invocation<Settings>["commands"],
  io: CommandLineIo,
): Promise<number> {
  const { settings } = await declaration();
  const { smcp } = resolve(settings.smcp === undefined ? {} : { smcp: settings.smcp }, {
    flags,
    environment: io.environment,
  });
  const byCredentials = smcp === true; // which have the same variables
  const environment = "broker" in settings && !byCredentials ? withBrokerVariables(flags, io) : io.environment;
  const values = resolve(settings, { flags, environment });
  const perform = await action();
  await loadLateCode(NEEDS[name]?.running ?? [], values);
  const { parsed, started } = dropPermissions(name, operands, io.revoke ?? (() => {}), values);
  parsed();
  return await perform({ values, flags, operands, started, commands, io });
}

/** The environment with the broker that other variables name; tells of variables that nothing reads. */
function withBrokerVariables(flags: Arguments["flags"], io: CommandLineIo): CommandLineIo["environment"] {
  const given = Object.entries(BROKER_SETTINGS).filter(([name]) => flags[name] !== undefined)
    .map(([, { environment }]) => environment);
  const { environment, warnings } = brokerVariables(io.environment, (variable) => given.includes(variable));
  for (const text of warnings) io.printError(`warning: ${text}\n`);
  return environment;
}
