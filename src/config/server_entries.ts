/**
 * The `mcpServers` file that MCP hosts use.
 *
 * @module
 */
import * as z from "zod";
import { errorText } from "../core/text.ts";
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

const FILE = z.object({
  mcpServers: z.record(
    z.string(),
    z.object({
      command: z.string().min(1),
      args: z.array(z.string()).default([]),
      env: z.record(z.string(), z.string()).default({}),
      cwd: z.string().optional(),
      disabled: z.boolean().optional(),
    }),
  ),
});

/**
 * Reads the servers of a file. Entries that are disabled are left out; members that hosts use for themselves are
 * ignored.
 *
 * @throws {UsageError} when the file cannot be read, is not such a file, or names a server that no topic can hold
 */
export async function readServerEntries(file: string): Promise<ServerEntry[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    throw new UsageError([`--config ${file} cannot be read: ${errorText(cause)}`], { cause });
  }
  return parseServerEntries(text, file);
}

/** What {@linkcode readServerEntries} makes of the text of a file. */
export function parseServerEntries(text: string, file: string): ServerEntry[] {
  const result = FILE.safeParse(parseJson(text, file));
  if (!result.success) throw new UsageError([`--config ${file}: ${z.prettifyError(result.error)}`]);
  const entries = Object.entries(result.data.mcpServers).filter(([, { disabled }]) => disabled !== true);
  const problems = entries.filter(([name]) => !isTopicLevel(name)).map(([name]) =>
    `--config ${file}: the name ${
      JSON.stringify(name)
    } must not be empty or contain / + # or NUL, since it becomes a level of topics`
  );
  if (entries.length === 0) problems.push(`--config ${file}: mcpServers has no (enabled) entry`);
  if (problems.length > 0) throw new UsageError(problems);
  return entries.map(([name, { command, args, env, cwd }]) => ({
    name,
    command,
    args,
    environment: env,
    ...(cwd === undefined ? {} : { directory: cwd }),
  }));
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError([`--config ${file} cannot be read as JSON: ${errorText(cause)}`], { cause });
  }
}
