/**
 * One setting: declared once, and given by a flag, by an environment variable or by a program.
 *
 * @module
 */
import { UsageError } from "../core/usage_error.ts";
import { InvalidValue, type Kind } from "./kinds.ts";

/** A setting. */
export interface Setting<T = unknown> {
  /** As on the command line: `--keepalive <seconds>`. Without `<…>` it is a switch. */
  readonly flag: string;
  /** The environment variable that sets it too. One-time actions such as `--write` have none. */
  readonly environment?: string;
  /** The former names of flag and variable. They still work, but no help shows them. */
  readonly formerly?: { readonly flag: string; readonly environment: string };
  /** For `--help`: what it does, in a few words. */
  readonly description: string;
  readonly kind: Kind<NonNullable<T>> | Kind<T>;
  /** The text that is used when it is not given. */
  readonly fallback?: string;
  /**
   * Whether it may have several values; in the environment they are separated as its kind says. With `true`, one flag
   * takes all values after it. With `singly`, each flag takes one.
   */
  readonly repeatable?: boolean | "singly";
}

/** Settings by the names of their options. */
export type Settings = Readonly<Record<string, Setting>>;

/** One setting for each member of `Options`. */
export type SettingsOf<Options> = { readonly [Name in keyof Options]-?: Setting<Options[Name]> };

/** The values of settings, by name. */
export type Values<S> = { readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never };

/** Where the values come from. */
export interface Sources {
  /** The flags that were given: text, lists of text for repeatable ones, `true` for switches. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: (name: string) => string | undefined;
}

/** Whether the setting takes no value: it is on when its flag is there. */
export function isSwitch({ flag }: Setting): boolean {
  return !flag.includes("<");
}

/** The flag of the setting without the placeholder of its value. */
export function flagName({ flag }: Setting): string {
  return flag.split(" ")[0] ?? flag;
}

/** Whether the value is the name of a file or of a directory. */
export function namesFile({ flag }: Setting): boolean {
  return /<(?:file|directory)>/.test(flag);
}

/** All possible texts of the setting, if its kind has a fixed set of them. */
export function choicesOf({ kind }: Setting): readonly string[] {
  return kind.choices ?? [];
}

/**
 * Reads all settings. Flags win over the environment, which wins over the fallback; empty text counts as not given.
 *
 * @throws {UsageError} with every problem that was found, not only the first
 */
export function resolve<S extends Settings>(settings: S, { flags, environment }: Sources): Values<S> {
  return readAll(settings, (name, setting) => {
    const flag = flags[name];
    if (isGiven(flag)) return { label: flagName(setting), read: () => fromInput(setting, flag) };
    for (const variable of variablesOf(setting)) {
      const text = environment(variable);
      if (isGiven(text)) {
        return {
          label: `${flagName(setting)} (from ${variable})`,
          read: () => fromInput(setting, text),
        };
      }
    }
    return { label: flagName(setting), read: () => fallbackOf(setting) };
  });
}

/**
 * Reads all settings from the options of a program. These have the names of the settings, and values instead of text.
 *
 * @throws {UsageError} with every problem that was found, not only the first
 */
export function fromOptions<S extends Settings>(
  settings: S,
  options: { readonly [Name in keyof S]?: unknown },
): Values<S> {
  return readAll(settings, (name, setting) => {
    const value = options[name];
    return { label: name, read: () => isGiven(value) ? setting.kind.fromValue(value) : fallbackOf(setting) };
  });
}

interface Reading {
  /** The name of the setting in an error message. */
  readonly label: string;
  readonly read: () => unknown;
}

function readAll<S extends Settings>(settings: S, find: (name: string, setting: Setting) => Reading): Values<S> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, setting] of Object.entries(settings)) {
    const { label, read } = find(name, setting);
    try {
      values[name] = read();
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      problems.push(`${label} ${error.message}`);
    }
  }
  if (problems.length > 0) throw new UsageError(problems);
  return values as Values<S>;
}

function fromInput({ kind }: Setting, input: unknown): unknown {
  return typeof input === "string" ? kind.fromText(input) : kind.fromValue(input);
}

function fallbackOf({ kind, fallback }: Setting): unknown {
  return fallback === undefined ? kind.absent : kind.fromText(fallback);
}

function variablesOf({ environment, formerly }: Setting): readonly string[] {
  return [environment, formerly?.environment].filter((name) => name !== undefined);
}

/** Whether a flag, a variable or an option has a value; empty text counts as none. */
export function isGiven(input: unknown): boolean {
  return input !== undefined && input !== "";
}
