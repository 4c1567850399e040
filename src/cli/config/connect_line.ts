/**
 * The command line that starts `connect` with given settings, wherever it is started.
 *
 * @module
 */
import { resolve } from "node:path";
import { flagName, isPem, isSwitch, namesFile, type Setting, type Settings } from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import { portOf } from "../../mqtt/mod.ts";

/** The settings that were given, as text: by name, as flags or variables have them. */
export type GivenSettings = Readonly<Record<string, unknown>>;

/** The arguments of a command. */
export interface Line {
  readonly args: readonly string[];
  /** Files that it reads. */
  readonly files: readonly string[];
}

/** The arguments of `connect`, and what must not be among them. */
export interface ConnectLine extends Line {
  /** Host and port of the broker. */
  readonly address: string;
  /** The variable that has to hold the password, if one was given. */
  readonly secret?: string;
}

/**
 * Puts the line together. File names become absolute, since nobody knows where the host starts it; the password is
 * left to a variable.
 *
 * @throws {UsageError} when a key or a certificate is given as text, not as a file
 */
export function connectLine(
  settings: Settings,
  given: GivenSettings,
  url: string,
  currentDirectory: string,
): ConnectLine {
  const broker = new URL(url);
  const secret = given.password !== undefined || broker.password !== "" ? settings.password?.environment : undefined;
  broker.password = "";
  const texts: GivenSettings = { ...given, broker: broker.href.replace(/\/$/, ""), password: undefined };
  const { args, files } = argumentsOf(settings, texts, currentDirectory);
  return {
    args: ["connect", ...args],
    files,
    address: `${broker.hostname}:${portOf(broker)}`,
    ...(secret === undefined ? {} : { secret }),
  };
}

/**
 * The arguments that say what settings say. File names become absolute.
 *
 * @throws {UsageError} when a key or a certificate is given as text, not as a file
 */
export function argumentsOf(settings: Settings, given: GivenSettings, currentDirectory: string): Line {
  const args: string[] = [];
  const files: string[] = [];
  for (const [name, setting] of Object.entries(settings)) {
    const value = given[name];
    if (value === undefined || value === "") continue;
    const flag = flagName(setting);
    if (isSwitch(setting)) {
      if (isOn(setting, value)) args.push(flag);
      continue;
    }
    for (const text of [value].flat().map(String)) {
      if (!namesFile(setting)) {
        args.push(flag, text);
        continue;
      }
      if (isPem(text)) {
        throw new UsageError([
          `${flag} is given as text in ${setting.environment}: put it into a file, and give its name`,
        ]);
      }
      const file = resolve(currentDirectory, text);
      args.push(flag, file);
      files.push(file);
    }
  }
  return { args, files };
}

function isOn(setting: Setting, value: unknown): boolean {
  return value === true || setting.kind.fromText(String(value)) === true;
}
