/**
 * Starting a child process.
 *
 * @module
 */
import { errorText } from "../core/text.ts";
import { Failure } from "../core/failure.ts";
import type { OrphanWatch } from "./orphan_watch.ts";
import { HAS_PROCESS_GROUPS } from "./process_group.ts";
import { type Launch, windowsLaunch } from "./windows_launcher.ts";

/** The program to start, and how. */
export interface ProgramOptions {
  /** The program; without a slash in its name it is looked up in PATH. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child. */
  readonly environment: Readonly<Record<string, string>>;
  /** Working directory; our own by default. */
  readonly directory?: string;
  /** Ends the child when we are killed. @default {none} */
  readonly orphans?: OrphanWatch;
}

/**
 * Starts a child, as the leader of a process group of its own, with pipes for stdin and stdout.
 *
 * @throws {Failure} `child-not-started` when there is no such program, or it may not be run
 */
export function spawn(options: ProgramOptions, stderr: "piped" | "inherit"): Deno.ChildProcess {
  try {
    const { command, args, raw } = launch(options);
    const child = new Deno.Command(command, {
      args: [...args],
      windowsRawArguments: raw,
      env: { ...options.environment },
      clearEnv: true,
      ...(options.directory === undefined ? {} : { cwd: options.directory }),
      stdin: "piped",
      stdout: "piped",
      stderr,
      detached: HAS_PROCESS_GROUPS,
    }).spawn();
    options.orphans?.watch(child);
    return child;
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? `there is no program "${options.command}" in PATH (or no directory "${options.directory ?? "."}")`
      : errorText(cause);
    throw new Failure("child-not-started", `The server process could not be started: ${why}`, {}, { cause });
  }
}

function launch({ command, args, environment, directory }: ProgramOptions): Launch {
  if (Deno.build.os !== "windows") return { command, args, raw: false };
  const { PATH: path = "", PATHEXT: extensions = "", COMSPEC } = environment;
  return windowsLaunch(command, args, { path, extensions, directory: directory ?? Deno.cwd(), isFile }, COMSPEC);
}

function isFile(file: string): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
}
