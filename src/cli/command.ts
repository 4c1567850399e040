/**
 * How a command of this program is declared.
 *
 * @module
 */
import {
  BROKER_SETTINGS,
  brokerVariables,
  CREDENTIALS_SCHEMA,
  resolve,
  type Settings,
  type Values,
} from "../config/mod.ts";
import type { Arguments } from "./arguments.ts";
import { loadLateCode } from "./late_code.ts";
import { dropPermissions, NEEDS, type PermissionKind } from "./permissions.ts";

/** The settings of a command, and its help. */
export interface CommandDeclaration<S extends Settings> {
  /** The operands after the options, as in `[-- command args...]`. */
  readonly operands?: string;
  /** All possible first operands, if they are a fixed set. */
  readonly choices?: readonly string[];
  readonly summary: string;
  /** The first paragraph of its help. */
  readonly description: string;
  /** Command lines to copy, each with its meaning. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Its settings, in groups that the help shows under their titles. */
  readonly groups: Readonly<Record<string, Partial<S>>>;
  readonly settings: S;
  /**
   * The settings that most users need. `--help` shows only these, `--help-all` shows all. When `undefined`, `--help`
   * shows all too.
   */
  readonly common?: readonly (keyof S)[];
}

/** The arguments of an action. */
export interface Invocation<S extends Settings> {
  readonly values: Values<S>;
  /** The flags that were given. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** The operands, which come after the options. */
  readonly operands: readonly string[];
  /**
   * To be called when all files that the settings name are read. It gives back the permissions needed for that, except
   * the `kept` ones.
   */
  readonly started: (kept?: readonly PermissionKind[]) => void;
  /** The declarations of all commands. */
  readonly commands: () => Promise<readonly NamedDeclaration[]>;
  readonly io: CommandLineIo;
}

/** Input and output of a command, apart from MCP. */
export interface CommandLineIo {
  readonly environment: (name: string) => string | undefined;
  /** Prints a result, the help or the version. */
  readonly print: (text: string) => void;
  /** Prints an error. */
  readonly printError: (text: string) => void;
  /** The number of columns of the terminal at stderr; `undefined` when stderr is not a terminal. */
  readonly terminalWidth?: () => number | undefined;
  /** Whether that terminal can only add text, without overwriting. @default {false} */
  readonly dumb?: boolean;
  /**
   * The size of the terminal at stdout; `undefined` when stdout is not a terminal, or one that cannot overwrite text.
   */
  readonly outputSize?: () => { readonly columns: number; readonly rows: number } | undefined;
  /** Gives back a permission that the command does not need. Without this function, all are kept. */
  readonly revoke?: (kind: PermissionKind) => void;
}

/**
 * The line below each error of a command line. It points to the help of the command, or to that of the program if the
 * command is unknown.
 */
export function helpHint(command: string | undefined): string {
  if (command === undefined) return "Run `mcp-mqtt-proxy --help` to see the commands.";
  return `Run \`mcp-mqtt-proxy ${command} --help\` to see the options.`;
}

/** Exit code: success. */
export const EXIT_OK = 0;
/** Exit code: something failed. */
export const EXIT_FAILURE = 1;
/** Exit code: the command line or the configuration is wrong. */
export const EXIT_USAGE = 2;
/** Exit code: the called tool, or its server, has answered with an error. */
export const EXIT_REMOTE_ERROR = 3;
/** Exit code: the broker refuses these credentials or this client id (`EX_NOPERM` of BSD's sysexits.h). */
export const EXIT_NO_PERMISSION = 77;
/** Exit code: the terminal was closed before the command was done. 128 plus the number of SIGHUP, as in shells. */
export const EXIT_HUNG_UP = 129;
/** Exit code: Ctrl+C before the command was done. 128 plus the number of SIGINT. */
export const EXIT_INTERRUPTED = 130;
/** Exit code: SIGTERM before the command was done. 128 plus its number. */
export const EXIT_TERMINATED = 143;
/** Does what the command is for. Resolves with the exit code. */
export type Action<S extends Settings> = (invocation: Invocation<S>) => Promise<number>;

/** A command whose code is loaded only when it is used. */
export interface LoadableCommand {
  readonly name: string;
  readonly alias?: string;
  readonly declaration: () => Promise<CommandDeclaration<Settings>>;
  readonly action: () => Promise<Action<Settings>>;
}

/** The declaration of a command, with its names. */
export type NamedDeclaration = CommandDeclaration<Settings> & Pick<LoadableCommand, "name" | "alias">;

/** Combines a declaration and its action. The type checks that both have the same settings. */
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
  const byCredentials = smcp === true; // credentials use the same variables
  const environment = "broker" in settings && !byCredentials ? withBrokerVariables(flags, io) : io.environment;
  const values = resolve(settings, { flags, environment });
  if (values.credentialsSchema === true) {
    io.print(`${JSON.stringify(CREDENTIALS_SCHEMA, null, 2)}\n`);
    return EXIT_OK;
  }
  const perform = await action();
  await loadLateCode(NEEDS[name]?.running ?? [], values);
  const { parsed, started } = dropPermissions(name, operands, io.revoke ?? (() => {}), values);
  parsed();
  return await perform({ values, flags, operands, started, commands, io });
}

/**
 * The environment, with the broker from the variables of other programs. Prints a warning for each variable that is not
 * read.
 */
function withBrokerVariables(flags: Arguments["flags"], io: CommandLineIo): CommandLineIo["environment"] {
  const given = Object.entries(BROKER_SETTINGS).filter(([name]) => flags[name] !== undefined)
    .map(([, { environment }]) => environment);
  const { environment, warnings } = brokerVariables(io.environment, (variable) => given.includes(variable));
  for (const text of warnings) io.printError(`warning: ${text}\n`);
  return environment;
}
