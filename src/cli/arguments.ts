/**
 * Reading a command line on which everything is right.
 *
 * Nearly every command line is, and the package that explains the others takes longer to load than all the rest that
 * a command needs (30 ms): it is left out until there is something to explain.
 *
 * @module
 */
import { flagName, isSwitch, type Setting, type Settings } from "../config/mod.ts";

/** What a command line says. */
export interface Arguments {
  /** The flags that were given: text, lists of text for repeatable ones, `true` for switches. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** What is no flag, and everything behind `--`. */
  readonly operands: readonly string[];
}

/** Reads the arguments of a command; `undefined` when there is something in them that is not one of its settings. */
export function readArguments(settings: Settings, args: readonly string[]): Arguments | undefined {
  const names = namesByFlag(settings);
  const flags: Record<string, unknown> = {};
  const operands: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--") return { flags, operands: [...operands, ...args.slice(index + 1)] };
    if (!mayBeFlag(arg)) {
      operands.push(arg);
      continue;
    }
    const equals = arg.indexOf("=");
    const [name, setting] = names.get(equals < 0 ? arg : arg.slice(0, equals)) ?? [];
    if (name === undefined || setting === undefined || isSwitch(setting) && equals >= 0) return undefined;
    if (isSwitch(setting)) {
      flags[name] = true;
      continue;
    }
    const value = equals < 0 ? args[++index] : arg.slice(equals + 1);
    if (value === undefined) return undefined;
    if (setting.repeatable === undefined || setting.repeatable === false) {
      flags[name] = value;
      continue;
    }
    const values = [...(flags[name] as string[] | undefined) ?? [], value];
    while (setting.repeatable === true && equals < 0 && index + 1 < args.length && !mayBeFlag(args[index + 1] ?? "")) {
      values.push(args[++index] ?? "");
    }
    flags[name] = values;
  }
  return { flags, operands };
}

/**
 * Where the first argument stands that is neither a flag nor its value; `undefined` when there is none, or an unknown flag
 * before it.
 */
export function firstOperand(settings: Settings, args: readonly string[]): number | undefined {
  const names = namesByFlag(settings);
  for (let index = 0; index < args.length; index++) {
    const [flag = "", value] = (args[index] ?? "").split("=", 2);
    if (!mayBeFlag(flag)) return index;
    const [, setting] = names.get(flag) ?? [];
    if (setting === undefined) return undefined;
    if (!isSwitch(setting) && value === undefined) index++;
  }
}

function namesByFlag(settings: Settings): Map<string, readonly [name: string, setting: Setting]> {
  const names = new Map<string, readonly [string, Setting]>();
  for (const [name, setting] of Object.entries(settings)) {
    names.set(flagName(setting), [name, setting]);
    if (setting.formerly !== undefined) names.set(setting.formerly.flag, [name, setting]);
  }
  return names;
}

function mayBeFlag(arg: string): boolean {
  return arg.length > 1 && arg.startsWith("-");
}
