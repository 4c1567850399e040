/**
 * Reading a command line that has no errors.
 *
 * Nearly every command line has none. The package that explains errors takes 30 ms to load, longer than everything else
 * that a command needs. So it is loaded only when there is something to explain.
 *
 * @module
 */
import { flagName, isSwitch, type Setting, type Settings } from "../config/mod.ts";

/** The parsed arguments of a command. */
export interface Arguments {
  /** The flags that were given: text, lists of text for repeatable ones, `true` for switches. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** All arguments that are not flags, and everything after `--`. */
  readonly operands: readonly string[];
}

/** Reads the arguments of a command; `undefined` when one of them is not a setting of the command. */
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
 * The index of the first argument that is neither a flag nor the value of one. `undefined` when there is none, or when
 * an unknown flag comes before it.
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
