/**
 * The description of an MCP host, and the contents of its file.
 *
 * @module
 */

/** The directories of this user. */
export interface Places {
  readonly os: "darwin" | "linux" | "windows";
  readonly home: string;
  /** `%APPDATA%` on Windows, `~/.config` elsewhere. */
  readonly config: string;
  readonly currentDirectory: string;
}

/** Whether a file is for one user, or for everybody who works on the project in the current directory. */
export type Scope = "user" | "project";

/** A process that a host is to start. */
export interface Launch {
  /** What the host calls the server. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The variable that holds a secret. Its value must not be in the file. */
  readonly secret?: string;
}

/** The description of one host. */
export interface Host {
  /** Its name, for people. */
  readonly title: string;
  /** The format of its file. By default JSON, possibly with comments. */
  readonly format?: "toml" | "yaml";
  /** Its usual files, by scope. The first is the default. */
  readonly files: Readonly<Partial<Record<Scope, (places: Places) => string>>>;
  /** The member of the file that holds the servers by name. */
  readonly member: string;
  /** The entry that starts a process. By default it has `command`, `args` and `env`. */
  readonly entry?: (launch: Launch) => Readonly<Record<string, unknown>>;
  /** The host's placeholder for the value of a variable. */
  readonly variable?: (name: string) => string;
  /** The member of an entry that lists the names of variables to pass on. */
  readonly passes?: string;
  /** For a host that asks the user for the value of a variable: the part of its file that makes it ask. */
  readonly question?: (name: string) => { readonly member: string; readonly item: Readonly<Record<string, unknown>> };
  /** What the user has to do before the host starts the server. */
  readonly approval?: string | Readonly<Partial<Record<Scope, string>>>;
}

/** The scopes of a host, the default first. */
export function scopesOf({ files }: Host): readonly Scope[] {
  return Object.keys(files) as Scope[];
}

/** The contents of a host's file. */
export type HostFile = Readonly<Record<string, unknown>>;

/** The smallest file of `host` that starts `launch`. */
export function hostFile(host: Host, launch: Launch): HostFile {
  const question = launch.secret === undefined ? undefined : host.question?.(launch.secret);
  return {
    ...(question === undefined ? {} : { [question.member]: [question.item] }),
    [host.member]: { [launch.name]: entryOf(host, launch) },
  };
}

function entryOf({ entry = standardEntry, variable, passes }: Host, launch: Launch): HostFile {
  const { secret } = launch;
  const members = entry(variable === undefined && passes === undefined ? withoutSecret(launch) : launch);
  if (secret === undefined || variable === undefined || !("env" in members)) return members;
  return { ...members, env: { [secret]: variable(secret) } };
}

function withoutSecret({ secret: _, ...launch }: Launch): Launch {
  return launch;
}

/** The entry in the form that most hosts accept. In place of the value of the variable, it has the variable's name. */
export function standardEntry({ command, args, secret }: Launch): HostFile {
  return { command, args, ...(secret === undefined ? {} : { env: { [secret]: secret } }) };
}

/**
 * The default name of a server in a host: the last level of its name, in the characters that all hosts accept. Some
 * hosts refuse others, and many put this name in front of the names of tools.
 */
export function entryName(serverName: string): string {
  const levels = serverName.split("/").map((level) =>
    level.replaceAll(/[^A-Za-z0-9_-]+/g, "-").replaceAll(/^-+|-+$/g, "")
  );
  return levels.findLast((level) => level !== "") ?? "mqtt";
}
