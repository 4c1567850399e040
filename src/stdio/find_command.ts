/**
 * Finding the file of a program.
 *
 * @module
 */
import { candidates } from "./windows_launcher.ts";

const IS_WINDOWS = Deno.build.os === "windows";

/**
 * The file that would run for `command`; `undefined` when there is no executable file.
 *
 * @param environment environment of the child, which has the PATH to search
 * @param directory working directory of the child: a command with a slash is relative to it
 */
export async function findCommand(
  command: string,
  environment: Readonly<Record<string, string>>,
  directory = ".",
): Promise<string | undefined> {
  const { PATH: path = "", PATHEXT: extensions = "" } = environment;
  const files = IS_WINDOWS ? candidates(command, { path, extensions, directory }) : filesOn(path, command, directory);
  for (const file of files) {
    if (await mayRun(file)) return file;
  }
}

function filesOn(path: string, command: string, directory: string): string[] {
  if (command.includes("/")) return [below(directory, command)];
  return path.split(":").filter((entry) => entry !== "").map((entry) => `${below(directory, entry)}/${command}`);
}

function below(directory: string, path: string): string {
  return path.startsWith("/") ? path : `${directory}/${path}`;
}

/** Why {@linkcode findCommand} finds nothing, with what to do about it. */
export async function whyNotFound(command: string, directory = "."): Promise<string> {
  const file = command.includes("/") ? await Deno.stat(below(directory, command)).catch(() => undefined) : undefined;
  if (file?.isDirectory) return `"${command}" is a directory: give the program in it`;
  if (file !== undefined) return `"${command}" may not be executed: run chmod +x, or start it by its interpreter`;
  return `There is no program "${command}" to start: install it, give its whole path, or set PATH`;
}

async function mayRun(file: string): Promise<boolean> {
  try {
    const { isFile, mode } = await Deno.stat(file);
    return isFile && (IS_WINDOWS || mode === null || (mode & 0o111) !== 0);
  } catch (error) {
    return error instanceof Deno.errors.NotCapable; // without the permission to look, starting it will tell
  }
}
