/**
 * What is known of an MCP host, and what its file has to contain.
 *
 * @module
 */

/** Directories of this user. */
export interface Places {
  readonly os: "darwin" | "linux" | "windows";
  readonly home: string;
  /** `%APPDATA%` on Windows, `~/.config` elsewhere. */
  readonly config: string;
  readonly currentDirectory: string;
}

/** Whom a file is for: one user, or everybody who works on the project in the current directory. */
export type Scope = "user" | "project";

/** A process that a host is to start. */
export interface Launch {
  /** What the host calls the server. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The variable that holds a secret, whose value must not be in the file. */
  readonly secret?: string;
}

/** What is known of one host. */
export interface Host {
  /** For people. */
  readonly title: string;
  /** How its file is written; JSON, possibly with comments, by default. */
  readonly format?: "toml" | "yaml";
  /** Its files, if they have a usual place. The first is the default. */
  readonly files: Readonly<Partial<Record<Scope, (places: Places) => string>>>;
  /** The member of the file that holds the servers by name. */
  readonly member: string;
  /** What the member has to say to start a process; by default `command`, `args` and `env`. */
  readonly entry?: (launch: Launch) => Readonly<Record<string, unknown>>;
  /** How the host is told to put the value of a variable there. */
  readonly variable?: (name: string) => string;
  /** The member of an entry that lists variables to pass on by their names. */
  readonly passes?: string;
  /** Asks its user for a variable itself: what has to be in its file for that. */
  readonly question?: (name: string) => { readonly member: string; readonly item: Readonly<Record<string, unknown>> };
  /** What somebody has to do until the host starts the server. */
  readonly approval?: string | Readonly<Partial<Record<Scope, string>>>;
}

/** The scopes of a host, the default first. */
export function scopesOf({ files }: Host): readonly Scope[] {
  return Object.keys(files) as Scope[];
}

/** What a host's file has to contain. */
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

/** What most hosts take. The value of the variable is left to each of them. */
export function standardEntry({ command, args, secret }: Launch): HostFile {
  return { command, args, ...(secret === undefined ? {} : { env: { [secret]: secret } }) };
}

/**
 * What a host calls a server unless it is told: the last level of its name, in the letters that all hosts take. Some
 * refuse any other, and many put this in front of the names of tools.
 */
export function entryName(serverName: string): string {
  const levels = serverName.split("/").map((level) =>
    level.replaceAll(/[^A-Za-z0-9_-]+/g, "-").replaceAll(/^-+|-+$/g, "")
  );
  return levels.findLast((level) => level !== "") ?? "mqtt";
}
