/**
 * Where a program is.
 *
 * @module
 */
import { delimiter, join, resolve } from "node:path";

const IS_WINDOWS = Deno.build.os === "windows";

/**
 * The file that starting `command` would run; `undefined` when there is none that may be run.
 *
 * @param environment of the child, whose PATH counts
 * @param directory of the child, where a command with a slash begins
 */
export async function findCommand(
  command: string,
  environment: Readonly<Record<string, string>>,
  directory = ".",
): Promise<string | undefined> {
  const endings = IS_WINDOWS ? ["", ...(environment.PATHEXT ?? ".EXE;.CMD;.BAT").split(";")] : [""];
  const hasSlash = command.includes("/") || (IS_WINDOWS && command.includes("\\"));
  const places = hasSlash ? [resolve(directory, command)] : (environment.PATH ?? "").split(delimiter)
    .filter((path) => path !== "")
    .map((path) => join(resolve(directory, path), command));
  for (const place of places) {
    for (const ending of endings) {
      if (await mayRun(place + ending)) return place + ending;
    }
  }
}

async function mayRun(file: string): Promise<boolean> {
  try {
    const { isFile, mode } = await Deno.stat(file);
    return isFile && (IS_WINDOWS || mode === null || (mode & 0o111) !== 0);
  } catch (error) {
    return error instanceof Deno.errors.NotCapable; // we may not look; trying will tell
  }
}
