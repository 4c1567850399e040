/**
 * How a command of this program is declared.
 *
 * @module
 */
import { Command, Option } from "commander";
import { isSwitch, resolve, type Settings, type Values } from "../config/mod.ts";
import { type PermissionKind, surrender } from "./permissions.ts";

/** A command: what it takes, and what it does, which is loaded only when it is called. */
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
  readonly action: () => Promise<Action<S>>;
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
  readonly io: CommandLineIo;
}

/** What a command line reads from and writes to, where that is not MCP. */
export interface CommandLineIo {
  readonly environment: (name: string) => string | undefined;
  /** What was asked for: a result, help, the version. */
  readonly print: (text: string) => void;
  /** What went wrong. */
  readonly complain: (text: string) => void;
  /** Gives back a permission that the command does not need; without it, all are kept. */
  readonly revoke?: (kind: PermissionKind) => void;
}

/** Does what the command is for. Resolves with the exit code. */
export type Action<S extends Settings> = (invocation: Invocation<S>) => Promise<number>;

/** Declares a command, so that its values have the types of its settings. */
export function command<S extends Settings>(declaration: CommandDeclaration<S>): CommandDeclaration<Settings> {
  return declaration as unknown as CommandDeclaration<Settings>;
}

/** The commander command of a declaration. `finished` takes the exit code. */
export function build(
  declaration: CommandDeclaration<Settings>,
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
      const fallback = setting.fallback === undefined ? "" : `; default: ${setting.fallback}`;
      const option = new Option(setting.flag, `${setting.description} (env: ${setting.environment}${fallback})`);
      option.helpGroup(title);
      option.attributeName = () => name;
      if (isSwitch(setting)) option.negate = false;
      built.addOption(option);
    }
  }
  const examples = declaration.examples.map(([line, meaning]) => `  ${line}\n      ${meaning}`).join("\n");
  built.addHelpText("after", `\nExamples:\n${examples}`);
  built.action(async (operands: string[]) => {
    const flags = built.opts<Record<string, unknown>>();
    const values = resolve(declaration.settings, { flags, environment: io.environment });
    const action = await declaration.action();
    const { parsed, started } = surrender(declaration.name, operands, io.revoke ?? (() => {}));
    parsed();
    finished(await action({ values, flags, operands, started, io }));
  });
  return built;
}
