/**
 * How a command of this program is declared.
 *
 * @module
 */
import { Command, Option } from "commander";
import { flagName, isSwitch, resolve, type Setting, type Settings, type Values } from "../config/mod.ts";
import { dropPermissions, type PermissionKind } from "./permissions.ts";

/** What a command takes, and what its help says. */
export interface CommandDeclaration<S extends Settings> {
  readonly name: string;
  readonly alias?: string;
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
}

/** What an action gets. */
export interface Invocation<S extends Settings> {
  readonly values: Values<S>;
  /** The flags that were given. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** What came behind the options. */
  readonly operands: readonly string[];
  /** To be called when all files that the settings name are read: from then on no file can be. */
  readonly started: () => void;
  /** Every command of the program. */
  readonly commands: readonly CommandDeclaration<Settings>[];
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
  /** Gives back a permission that the command does not need; without it, all are kept. */
  readonly revoke?: (kind: PermissionKind) => void;
}

/** Everything went as it should. */
export const EXIT_OK = 0;
/** Something failed. */
export const EXIT_FAILURE = 1;
/** The command line or the configuration is wrong. */
export const EXIT_USAGE = 2;
/** The tool that was called, or its server, has answered with an error. */
export const EXIT_REMOTE_ERROR = 3;
/** The broker will never let us in as we are: `EX_NOPERM` of BSD's sysexits.h. */
export const EXIT_NO_PERMISSION = 77;
/** The terminal of a command that was not done is gone: 128 and the number of SIGHUP, as shells have it. */
export const EXIT_HUNG_UP = 129;
/** Ctrl+C has ended a command that was not done: 128 and the number of SIGINT. */
export const EXIT_INTERRUPTED = 130;
/** SIGTERM has ended a command that was not done: 128 and its number. */
export const EXIT_TERMINATED = 143;
/** Does what the command is for. Resolves with the exit code. */
export type Action<S extends Settings> = (invocation: Invocation<S>) => Promise<number>;

/** A command with what it does, which is loaded only when it is called. */
export interface LoadableCommand extends CommandDeclaration<Settings> {
  readonly load: () => Promise<Action<Settings>>;
}

/** Puts a declaration and its action together, which have to agree in the settings. */
export function loadable<S extends Settings>(
  declaration: CommandDeclaration<S>,
  load: () => Promise<Action<S>>,
): LoadableCommand {
  return { ...declaration, load } as unknown as LoadableCommand;
}

/** The commander command of a declaration. `finished` takes the exit code. */
export function build(
  declaration: LoadableCommand,
  commands: readonly CommandDeclaration<Settings>[],
  io: CommandLineIo,
  finished: (exitCode: number) => void,
): Command {
  const built = new Command(declaration.name)
    .summary(declaration.summary)
    .description(declaration.description)
    .usage(["[options]", declaration.operands].filter(Boolean).join(" "))
    .helpOption("-h, --help", "show this help")
    .allowExcessArguments(true)
    .argument("[operands...]")
    .configureHelp({ visibleArguments: () => [] });
  if (declaration.alias !== undefined) built.alias(declaration.alias);
  for (const [title, settings] of Object.entries(declaration.groups)) {
    for (const [name, setting] of Object.entries(settings)) {
      if (setting === undefined) continue;
      const option = new Option(setting.flag, describeSetting(setting));
      option.helpGroup(title);
      option.attributeName = () => name;
      if (isSwitch(setting)) option.negate = false;
      built.addOption(option);
      if (setting.formerly !== undefined) built.addOption(hiddenOption(name, setting, setting.formerly.flag));
    }
  }
  const examples = declaration.examples.map(([line, meaning]) => `  ${line}\n      ${meaning}`).join("\n");
  built.addHelpText("after", `\nExamples:\n${examples}`);
  built.action(async (operands: string[]) => {
    const flags = built.opts<Record<string, unknown>>();
    const values = resolve(declaration.settings, { flags, environment: io.environment });
    const action = await declaration.load();
    const { parsed, started } = dropPermissions(declaration.name, operands, io.revoke ?? (() => {}));
    parsed();
    finished(await action({ values, flags, operands, started, commands, io }));
  });
  return built;
}

/** An option that means the same as that of `setting`, under another flag. */
function hiddenOption(name: string, setting: Setting, flag: string): Option {
  const option = new Option(setting.flag.replace(flagName(setting), flag)).hideHelp();
  option.attributeName = () => name;
  return option;
}

/** What the help says of a setting. */
function describeSetting({ description, environment, fallback }: Setting): string {
  const sources = [
    ...(environment === undefined ? [] : [`env: ${environment}`]),
    ...(fallback === undefined ? [] : [`default: ${fallback}`]),
  ];
  return sources.length === 0 ? description : `${description} (${sources.join("; ")})`;
}
