/**
 * Where a parent finds the credentials for its child.
 *
 * @module
 */
import type { CredentialSource } from "../config/mod.ts";
import { type Credentials, Secret } from "../core/secret.ts";
import { unreadable } from "../core/unreadable.ts";
import { UsageError } from "../core/usage_error.ts";
import type { ByteSource } from "../stdio/mod.ts";
import { LineBuffer } from "./line_buffer.ts";
import { LONGEST_LINE, parseParentLine } from "./protocol.ts";

/** The input and environment from which credentials are read. */
export interface SourceIo {
  /** Our own stdin; its first line is read when the source says so. */
  readonly stdin: ByteSource;
  readonly environment: Pick<Deno.Env, "toObject" | "delete">;
}

/** Credentials, and the rest of the stdin that they may have come from. */
export interface FoundCredentials {
  readonly credentials: Credentials;
  /** The bytes after the first line of stdin, if that line was read. */
  readonly rest: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** The permission bits of the group and of all others. */
const OTHERS = 0o077;

/**
 * Reads credentials.
 *
 * @throws {UsageError} when there are none, or when other users could have read them
 */
export async function readCredentials(source: CredentialSource, io: SourceIo): Promise<FoundCredentials> {
  switch (source.kind) {
    case "file":
      return { credentials: parse(await readFile(source.file), source.file), rest: NOTHING };
    case "command":
      return {
        credentials: parse(await runCommand(source.command), "the output of --credentials-command"),
        rest: NOTHING,
      };
    case "environment":
      return { credentials: takeVariables(source.prefix, io.environment), rest: NOTHING };
    case "stdin": {
      const { line, rest } = await firstLine(io.stdin);
      return { credentials: parse(line, "the first line of stdin"), rest };
    }
  }
}

function parse(bytes: Uint8Array, origin: string): Credentials {
  const credentials = parseParentLine(bytes);
  bytes.fill(0);
  if (typeof credentials === "string") {
    // The parser's own message would quote the text.
    const what = credentials === "INVALID_JSON" ? "is not JSON" : "is not a JSON object of texts, numbers and booleans";
    throw new UsageError([`${origin} ${what}, such as {"MQTT_BROKER":"localhost","MQTT_PASS":"…"}`]);
  }
  return credentials;
}

async function readFile(path: string): Promise<Uint8Array> {
  const flag = `--credentials-file ${path}`;
  try {
    // Opening a FIFO would block until somebody writes to it.
    if (!(await Deno.stat(path)).isFile) throw new UsageError([`${flag} is not a file`]);
    using file = await Deno.open(path);
    const { mode } = await file.stat();
    if (mode !== null && (mode & OTHERS) !== 0) {
      throw new UsageError([`${flag} can be read by others than its owner: run chmod 600 ${path}`]);
    }
    return new Uint8Array(await new Response(file.readable).arrayBuffer());
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError([unreadable("--credentials-file", path, cause)], { cause });
  }
}

async function runCommand(command: string): Promise<Uint8Array> {
  const [shell, ...args] = Deno.build.os === "windows" ? ["cmd", "/d", "/s", "/c", command] : ["sh", "-c", command];
  const { success, code, stdout } = await new Deno.Command(shell ?? "sh", {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (success) return stdout;
  stdout.fill(0);
  throw new UsageError([`--credentials-command failed with exit code ${code}: ${command}`]);
}

/** Removes the variables from our environment, so that no child process inherits them. */
function takeVariables(prefix: string, environment: SourceIo["environment"]): Credentials {
  const credentials = new Map<string, Secret>();
  for (const [name, value] of Object.entries(environment.toObject())) {
    if (!name.startsWith(prefix) || name === prefix) continue;
    credentials.set(name.slice(prefix.length), new Secret(value));
    environment.delete(name);
  }
  if (credentials.size > 0) return credentials;
  throw new UsageError([`--credentials-env ${prefix}: there is no variable that begins with ${prefix}`]);
}

async function firstLine(stdin: ByteSource): Promise<{ line: Uint8Array; rest: Uint8Array }> {
  const buffer = new LineBuffer();
  while (true) {
    const chunk = await stdin.read();
    if (chunk !== undefined) buffer.push(chunk);
    const line = buffer.line() ?? (chunk === undefined ? buffer.rest() : undefined);
    if (line !== undefined) return { line, rest: buffer.rest() };
    if (buffer.length > LONGEST_LINE) {
      throw new UsageError([`the first line of stdin is longer than ${LONGEST_LINE} bytes`]);
    }
  }
}
