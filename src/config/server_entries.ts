/**
 * The `mcpServers` file that MCP hosts use.
 *
 * @module
 */
import { errorText, readTextFile } from "../core/text.ts";
import { unreadable } from "../core/unreadable.ts";
import { UsageError } from "../core/usage_error.ts";
import { isTopicLevel } from "../mqtt/mod.ts";

/** A server to start for each session. */
export interface ServerEntry {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory?: string;
}

/** The contents of a file. */
export interface ServerEntries {
  readonly entries: readonly ServerEntry[];
  /** Warnings for the user, each a sentence. */
  readonly warnings: readonly string[];
}

/** Parses the text of a file. */
type Parse = (text: string) => unknown | Promise<unknown>;

/**
 * Reads the servers of a file. Disabled entries and servers with a URL are left out. Members that only hosts use are
 * ignored.
 *
 * @param parse how its text is parsed; an error may name the place as `line 3 column 5`
 * @throws {UsageError} when the file cannot be read, is not such a file, or the name of a server cannot be part of a
 * topic
 */
export async function readServerEntries(file: string, parse: Parse = JSON.parse): Promise<ServerEntries> {
  let text: string;
  try {
    text = await readTextFile(file);
  } catch (cause) {
    throw new UsageError([unreadable("--config", file, cause)], { cause });
  }
  return await parseServerEntries(text, file, parse);
}

/** Parses the text of a file, as {@linkcode readServerEntries} does. */
export async function parseServerEntries(
  text: string,
  file: string,
  parse: Parse = JSON.parse,
): Promise<ServerEntries> {
  const { mcpServers } = await parseJson(text, file, parse);
  if (!isObject(mcpServers)) {
    throw new UsageError([`--config ${file}: mcpServers must be an object, as MCP hosts have it`]);
  }
  const enabled = Object.entries(mcpServers).filter(([, entry]) => !isObject(entry) || entry.disabled !== true);
  const entries = enabled.filter(([, entry]) => !isRemote(entry));
  const warnings = enabled.filter(([, entry]) => isRemote(entry)).map(([name]) =>
    `--config ${file}: mcpServers.${name} is left out: it is reached by a URL, and serve starts programs; serve one that ` +
    `forwards to it, such as npx -y mcp-remote URL`
  );
  const problems = entries.flatMap(([name, entry]) => [nameProblem(name), entryProblem(name, entry)])
    .filter((problem) => problem !== undefined);
  if (entries.length === 0) problems.push("mcpServers has no (enabled) entry with a command");
  if (problems.length > 0) throw new UsageError(problems.map((problem) => `--config ${file}: ${problem}`));
  return { entries: entries.map(([name, entry]) => toEntry(name, entry as FileEntry)), warnings };
}

/** Whether this is a host's entry for a server over HTTP. */
function isRemote(entry: unknown): boolean {
  return isObject(entry) && entry.command === undefined && [entry.url, entry.serverUrl, entry.httpUrl].some(isText);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** An entry of the file, after it was checked. */
interface FileEntry {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

function toEntry(name: string, { command, args = [], env = {}, cwd }: FileEntry): ServerEntry {
  return { name, command, args, environment: env, ...(cwd === undefined ? {} : { directory: cwd }) };
}

function nameProblem(name: string): string | undefined {
  if (name === "__proto__") return `the name ${name} cannot be used, since it means something to JavaScript`;
  if (isTopicLevel(name)) return undefined;
  const shown = JSON.stringify(name);
  return `the name ${shown} must not be empty or contain / + # or control characters, since it becomes a level of topics`;
}

/** The first problem of an entry; `undefined` when it is valid. */
function entryProblem(name: string, entry: unknown): string | undefined {
  const place = `mcpServers.${name}`;
  if (!isObject(entry)) return `${place} must be an object`;
  const { command, args = [], env = {}, cwd = "", disabled = false } = entry;
  if (typeof command !== "string" || command === "") return `${place}.command must be the program to start`;
  if (!Array.isArray(args)) return `${place}.args must be a list`;
  if (!isObject(env)) return `${place}.env must be an object`;
  if (typeof disabled !== "boolean") return `${place}.disabled must be true or false`;
  const texts = [
    ...args.map((value, index) => [`${place}.args[${index}]`, value]),
    ...Object.entries(env).map(([variable, value]) => [`${place}.env.${variable}`, value]),
    [`${place}.cwd`, cwd],
  ];
  const [other] = texts.find(([, value]) => typeof value !== "string") ?? [];
  if (other !== undefined) return `${other} must be text`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function parseJson(
  text: string,
  file: string,
  parse: Parse,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value = await parse(text);
    return isObject(value) ? value : {};
  } catch (cause) {
    // The parser's own message would quote the text, which may hold tokens.
    const [place = ""] = /line \d+ column \d+/.exec(errorText(cause)) ?? [];
    throw new UsageError([
      `--config ${file} cannot be read as a JSON object${place === "" ? "" : `: look at ${place}`}`,
    ], {
      cause,
    });
  }
}
