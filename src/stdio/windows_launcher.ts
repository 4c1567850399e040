/**
 * How Windows starts a program that is a script: `npx` there is `npx.cmd`, which only its command interpreter runs.
 *
 * Everything here is text in, text out, and so tested on every system.
 *
 * Sources: documentation of `cmd.exe` (`cmd /?`) and of `CommandLineToArgvW`.
 *
 * @module
 */

/** A program and its arguments, as the system is to be given them. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** The arguments are put on the command line as they are; their quotes are already there. */
  readonly raw: boolean;
}

/** What a search for a program goes by. */
export interface SearchPlace {
  /** `PATH`. */
  readonly path: string;
  /** `PATHEXT`. */
  readonly extensions: string;
  /** Where names with a backslash or a slash in them begin. */
  readonly directory: string;
  /** Whether there is such a file. */
  readonly isFile: (file: string) => boolean;
}

const DEFAULT_EXTENSIONS = ".COM;.EXE;.BAT;.CMD";

/** The files that a command may mean, in the order in which they are tried. */
export function candidates(command: string, { path, extensions, directory }: Omit<SearchPlace, "isFile">): string[] {
  const endings = (extensions || DEFAULT_EXTENSIONS).split(";").filter((ending) => ending !== "");
  const hasEnding = endings.some((ending) => command.toUpperCase().endsWith(ending.toUpperCase()));
  const names = hasEnding ? [command] : endings.map((ending) => command + ending.toLowerCase());
  if (/^[a-z]:|^[\\/]/i.test(command)) return names;
  if (/[\\/]/.test(command)) return names.map((name) => `${directory}\\${name}`);
  const directories = path.split(";").map((entry) => entry.replaceAll('"', "")).filter((entry) => entry !== "");
  return directories.flatMap((entry) => names.map((name) => `${entry.replace(/[\\/]$/, "")}\\${name}`));
}

/**
 * How to start a command on Windows.
 *
 * @param interpreter `COMSPEC`
 * @throws {RangeError} when the command interpreter cannot be given one of the arguments
 */
export function windowsLaunch(
  command: string,
  args: readonly string[],
  place: SearchPlace,
  interpreter = "cmd.exe",
): Launch {
  const file = candidates(command, place).find(place.isFile);
  if (file === undefined || !/\.(?:cmd|bat)$/i.test(file)) return { command: file ?? command, args, raw: false };
  const line = [file, ...args].map(quoteForInterpreter).join(" ");
  // Extensions on, delayed expansion off, no AutoRun: what the quoting relies on. /c drops the outermost quotes.
  return { command: interpreter, args: ["/e:ON", "/v:OFF", "/d", "/c", `"${line}"`], raw: true };
}

/** An argument between quotes that neither `cmd.exe` nor the program behind it can take for anything else. */
function quoteForInterpreter(text: string): string {
  if (/[\r\n\0]/.test(text)) {
    throw new RangeError("an argument with a line break cannot be given to a .cmd or .bat file");
  }
  return `"${
    text
      // Backslashes count double for the program if a quote follows, also the one at the end.
      .replaceAll(/(\\*)("|$)/g, (_, backslashes: string, quote: string) => backslashes + backslashes + quote + quote)
      // A variable of that odd name is always empty; so no name between two signs is taken for a variable.
      .replaceAll("%", "%%cd:~,%")
  }"`;
}
