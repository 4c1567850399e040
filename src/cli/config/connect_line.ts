/**
 * The command line that starts `connect` with given settings, from any directory.
 *
 * @module
 */
import { resolve } from "node:path";
import {
  brokerUrls,
  flagName,
  isPem,
  isSealKey,
  isSwitch,
  namesFile,
  placeholderNeeds,
  type Setting,
  type Settings,
} from "../../config/mod.ts";
import { UsageError } from "../../core/usage_error.ts";
import { portOf } from "../../mqtt/mod.ts";

/** The given settings by name, as the text of flags or variables. */
export type GivenSettings = Readonly<Record<string, unknown>>;

/** The arguments of a command. */
export interface Line {
  readonly args: readonly string[];
  /** Files that the command reads. */
  readonly files: readonly string[];
}

/** The arguments of `connect`, and the variable for the secret that must not be among them. */
export interface ConnectLine extends Line {
  /** The permissions of Deno that it needs, apart from reading its files. */
  readonly permissions: readonly string[];
  /** The variable that has to hold the password, if one was given. */
  readonly secret?: string;
}

/**
 * Builds the line. File names become absolute, because the host may start it in any directory. A password is left to a
 * variable.
 *
 * @throws {UsageError} when a key or a certificate is given as text, not as a file
 */
export function connectLine(
  command: "connect" | "gateway",
  settings: Settings,
  given: GivenSettings,
  url: string,
  currentDirectory: string,
): ConnectLine {
  const brokers = brokerUrls(url).map((url) => new URL(url));
  const hasPassword = given.password !== undefined || brokers.some(({ password }) => password !== "");
  const secret = hasPassword ? settings.password?.environment : undefined;
  for (const broker of brokers) {
    if (broker.protocol !== "unix:") broker.password = "";
  }
  refuseSecrets(given);
  const broker = brokers.map(({ href }) => href.replace(/\/$/, "")).join(",");
  const { args, files } = argumentsOf(settings, { ...given, broker, password: undefined }, currentDirectory);
  return {
    args: [command, ...args],
    files,
    permissions: [...permissionsOf(brokers, given), ...placeholderPermissions(settings, given)],
    ...(secret === undefined ? {} : { secret }),
  };
}

/**
 * Refuses secrets that must not be in a host's file. Only the password of the broker can be moved to a variable here.
 */
function refuseSecrets({ proxy, headers }: GivenSettings): void {
  if (String(proxy ?? "").includes("@")) {
    throw new UsageError(["a login in --proxy must not be in a host's file: give the host the variable MQTT_PROXY"]);
  }
  if ([headers ?? []].flat().some((text) => /^(proxy-)?authorization:(?!.*[:\s]@\S+$)/i.test(String(text)))) {
    throw new UsageError(["a token in --header must not be in a host's file: name its file by @FILE"]);
  }
}

function permissionsOf(brokers: readonly URL[], { proxy, passwordCommand, keyCommand }: GivenSettings): string[] {
  const sockets = brokers.filter(({ protocol }) => protocol === "unix:").map(({ pathname }) => pathname);
  const addresses = [
    ...brokers.filter(({ protocol }) => protocol !== "unix:").map((url) => `${url.hostname}:${portOf(url)}`),
    ...(typeof proxy === "string" && proxy !== "" ? [new URL(proxy).host] : []),
  ];
  const programs = (passwordCommand ?? keyCommand) === undefined ? [] : [Deno.build.os === "windows" ? "cmd" : "sh"];
  return [...allow("net", addresses), ...allow("read", sockets), ...allow("write", sockets), ...allow("run", programs)];
}

/** The permissions of Deno that the placeholders in settings need. */
export function placeholderPermissions(settings: Settings, given: GivenSettings): string[] {
  const needs = Object.entries(settings).filter(([, { kind }]) => kind.hasPlaceholders === true)
    .flatMap(([name]) => [given[name] ?? []].flat().map((text) => placeholderNeeds(String(text))));
  const variables = new Set(needs.flatMap(({ variables }) => variables));
  return [...needs.some(({ hostname }) => hostname) ? allow("sys", ["hostname"]) : [], ...allow("env", [...variables])];
}

/** The permissions to read the usual proxy variables, and to connect to the current proxy. */
export function environmentProxyPermissions(proxy: URL): string[] {
  return [...allow("net", [proxy.host]), ...allow("env", ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"])];
}

function allow(permission: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`--allow-${permission}=${names.join(",")}`];
}

/**
 * The given settings as arguments. File names become absolute.
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
    for (const text of textsOf(setting, value)) {
      if (!namesFile(setting)) {
        args.push(flag, text);
        continue;
      }
      if (isPem(text) || isSealKey(text)) {
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

/** The values of a setting, one by one. A variable has all values of a repeatable setting in one text. */
function textsOf({ kind }: Setting, value: unknown): readonly string[] {
  return typeof value === "string" ? kind.items?.(value) ?? [value] : [value].flat().map(String);
}

function isOn(setting: Setting, value: unknown): boolean {
  return value === true || setting.kind.fromText(String(value)) === true;
}
