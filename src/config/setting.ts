/**
 * One setting: declared once, given by a flag or by an environment variable.
 *
 * @module
 */
import * as z from "zod";
import { UsageError } from "../core/usage_error.ts";

/** A setting. Its text, from wherever it comes, is read by `schema`. */
export interface Setting<T = unknown> {
  /** As the command line takes it: `--keepalive <seconds>`; without `<…>` it is a switch. */
  readonly flag: string;
  readonly environment: string;
  /** For `--help`: what it does, in a few words. */
  readonly description: string;
  readonly schema: z.ZodType<T>;
  /** The text that stands for it when it is not given; without, it is `undefined` then, and a switch is off. */
  readonly fallback?: string;
  /** What the flag and the variable were called before; they mean the same, and no help shows them. */
  readonly formerly?: { readonly flag: string; readonly environment: string };
  /** May be given several times; in the environment, separated by spaces. */
  readonly repeatable?: boolean;
}

/** Settings by the names that their values get. */
export type Settings = Readonly<Record<string, Setting>>;

/** The values of settings. */
export type Values<S extends Settings> = { readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never };

/** Where the values come from. */
export interface Sources {
  /** The flags that were given: text, lists of text for repeatable ones, `true` for switches. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: (name: string) => string | undefined;
}

/** Declares a setting, so that its type is that of its schema. */
export function setting<T>(declaration: Setting<T>): Setting<T> {
  return declaration;
}

/** Whether the setting takes no value: it is on when its flag is there. */
export function isSwitch({ flag }: Setting): boolean {
  return !flag.includes("<");
}

/** What the user calls the setting: its flag without the placeholder of its value. */
export function flagName({ flag }: Setting): string {
  return flag.split(" ")[0] ?? flag;
}

/** Whether the value is the name of a file or of a directory. */
export function namesFile({ flag }: Setting): boolean {
  return /<(?:file|directory)>/.test(flag);
}

/** The texts that the setting can have, when they can be counted. */
export function choicesOf({ schema }: Setting): readonly string[] {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  return inner instanceof z.ZodEnum ? inner.options.map(String) : [];
}

/**
 * Reads all settings. Flags win over the environment, which wins over the fallback; empty text counts as not given.
 *
 * @throws {UsageError} with every problem that was found, not only the first
 */
export function resolve<S extends Settings>(settings: S, sources: Sources): Values<S> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, setting] of Object.entries(settings)) {
    const { value, from } = find(name, setting, sources);
    const result = setting.schema.safeParse(value);
    if (result.success) values[name] = result.data;
    else problems.push(`${from} ${z.prettifyError(result.error).replace(/^✖ /, "").replaceAll("\n✖ ", "; ")}`);
  }
  if (problems.length > 0) throw new UsageError(problems);
  return values as Values<S>;
}

function find(name: string, setting: Setting, { flags, environment }: Sources): { value: unknown; from: string } {
  const flag = flags[name];
  if (flag !== undefined && flag !== "") return { value: flag, from: flagName(setting) };
  for (const { environment: variableName } of [setting, ...setting.formerly === undefined ? [] : [setting.formerly]]) {
    const variable = environment(variableName);
    if (variable === undefined || variable === "") continue;
    const value = setting.repeatable === true ? variable.split(/\s+/).filter((text) => text !== "") : variable;
    return { value, from: `${flagName(setting)} (from ${variableName})` };
  }
  return { value: setting.fallback, from: flagName(setting) };
}
