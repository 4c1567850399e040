/**
 * MCP hosts: where each keeps its list of servers, and how an entry of it looks.
 *
 * Sources: the hosts' own documentation of MCP servers, as of 2026.
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

/** What is known of one host. */
export interface Host {
  /** For people. */
  readonly title: string;
  /** Its file, if it has a usual place. */
  readonly file?: (places: Places) => string;
  /** The member of the file that holds the servers by name. */
  readonly member: string;
  /** Members of every entry. */
  readonly entry?: Readonly<Record<string, string>>;
  /** How the host is told to put the value of a variable there; without, it takes text as it is. */
  readonly variable?: (name: string) => string;
  /** Asks its user for a variable itself: what has to be in its file for that. */
  readonly question?: (name: string) => { readonly member: string; readonly item: Readonly<Record<string, unknown>> };
}

/** Any host that is not known here. */
export const OTHER_HOST: Host = { title: "an MCP host", member: "mcpServers" };

/** The hosts by the names that `--for` takes. To add one, add it here, and to the table in the documentation. */
export const HOSTS: Readonly<Record<string, Host>> = {
  "claude-desktop": {
    title: "Claude Desktop",
    member: "mcpServers",
    file: ({ os, home, config }) =>
      os === "darwin"
        ? `${home}/Library/Application Support/Claude/claude_desktop_config.json`
        : `${config}/Claude/claude_desktop_config.json`,
  },
  "claude-code": {
    title: "Claude Code",
    member: "mcpServers",
    entry: { type: "stdio" },
    file: ({ currentDirectory }) => `${currentDirectory}/.mcp.json`,
    variable: (name) => `\${${name}}`,
  },
  vscode: {
    title: "VS Code",
    member: "servers",
    entry: { type: "stdio" },
    file: ({ currentDirectory }) => `${currentDirectory}/.vscode/mcp.json`,
    variable: (name) => `\${input:${inputId(name)}}`,
    question: (name) => ({
      member: "inputs",
      item: { type: "promptString", id: inputId(name), description: `${name} of mcp-mqtt-proxy`, password: true },
    }),
  },
  cursor: {
    title: "Cursor",
    member: "mcpServers",
    file: ({ home }) => `${home}/.cursor/mcp.json`,
    variable: (name) => `\${env:${name}}`,
  },
  windsurf: {
    title: "Windsurf",
    member: "mcpServers",
    file: ({ home }) => `${home}/.codeium/windsurf/mcp_config.json`,
    variable: (name) => `\${env:${name}}`,
  },
  "gemini-cli": {
    title: "Gemini CLI",
    member: "mcpServers",
    file: ({ home }) => `${home}/.gemini/settings.json`,
    variable: (name) => `\${${name}}`,
  },
  zed: {
    title: "Zed",
    member: "context_servers",
    entry: { source: "custom" },
    file: ({ os, home, config }) =>
      os === "windows" ? `${config}/Zed/settings.json` : `${home}/.config/zed/settings.json`,
  },
  json: OTHER_HOST,
};

/** A process that a host is to start. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** The variable that holds a secret, whose value must not be in the file. */
  readonly secret?: string;
}

/** What a host's file has to contain to start a process. */
export type HostFile = Readonly<Record<string, unknown>>;

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

/** The smallest file of `host` that starts `launch` under `name`. */
export function hostFile(host: Host, name: string, { command, args, secret }: Launch): HostFile {
  const env = secret === undefined || host.variable === undefined ? {} : { env: { [secret]: host.variable(secret) } };
  const question = secret === undefined ? undefined : host.question?.(secret);
  return {
    ...(question === undefined ? {} : { [question.member]: [question.item] }),
    [host.member]: { [name]: { ...host.entry, command, args, ...env } },
  };
}

/** The options of a line that say which server it reaches. */
const WHICH_SERVER: readonly string[] = ["--name", "--server-name", "--topic"];

/** The entry of `file` that putting `addition` into it would replace, though it starts something else. */
export function entryInTheWay(host: Host, file: HostFile, addition: HostFile): string | undefined {
  const [there, added] = [file, addition].map((each) => Object(each[host.member]) as Record<string, unknown>);
  return Object.keys(added ?? {}).find((name) =>
    Object.hasOwn(there ?? {}, name) && serverOf(there?.[name]) !== serverOf(added?.[name])
  );
}

/** Which server an entry reaches, to compare. */
function serverOf(entry: unknown): string {
  const { args } = Object(entry);
  const words: readonly unknown[] = Array.isArray(args) ? args : [];
  return JSON.stringify(WHICH_SERVER.map((option) => words.includes(option) ? words[words.indexOf(option) + 1] : null));
}

function inputId(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}
