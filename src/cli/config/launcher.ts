/**
 * How a host starts this program.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { findCommand } from "../../stdio/mod.ts";
import type { Line } from "./connect_line.ts";

/** A command and its arguments. */
export interface Launcher {
  readonly command: string;
  readonly args: readonly string[];
}

/** A line, and the permissions of Deno that it needs apart from reading its files. */
export interface PermittedLine extends Line {
  readonly permissions: readonly string[];
}

/** The name under which the program is installed. */
const PROGRAM = "mcp-mqtt-proxy";

/**
 * The command that a host has to start for `line`.
 *
 * @param shared whether the file is shared with other users: a path of this machine is useless for them
 */
export async function launcher(line: PermittedLine, shared: boolean): Promise<Launcher> {
  if (!Deno.build.standalone) return await withDeno(line, shared);
  const file = Deno.execPath();
  // npx keeps packages in a cache that it may empty.
  if (/[/\\]_npx[/\\]/.test(file)) return throughNpx(line.args);
  return { command: shared && await isOnPath(PROGRAM) ? PROGRAM : file, args: line.args };
}

/** The command through npx. On Windows npx is a script, which only a shell can start. */
function throughNpx(args: readonly string[]): Launcher {
  const words = ["npx", "-y", PROGRAM, ...args] as const;
  const [command, ...rest] = Deno.build.os === "windows" ? ["cmd", "/c", ...words] as const : words;
  return { command, args: rest };
}

/** The command through Deno, with no more permissions than the line needs. */
async function withDeno({ args, files, permissions }: PermittedLine, shared: boolean): Promise<Launcher> {
  const isFile = Deno.mainModule.startsWith("file:");
  const main = isFile ? fileURLToPath(Deno.mainModule) : Deno.mainModule;
  const flags = [
    "--no-prompt",
    ...permissions,
    ...(files.length === 0 ? [] : [`--allow-read=${files.join(",")}`]),
  ];
  const command = shared && !isFile && await isOnPath("deno") ? "deno" : Deno.execPath();
  return { command, args: ["run", ...flags, main, ...args] };
}

async function isOnPath(command: string): Promise<boolean> {
  const environment = { PATH: Deno.env.get("PATH") ?? "", PATHEXT: Deno.env.get("PATHEXT") ?? "" };
  return await findCommand(command, environment) !== undefined;
}
