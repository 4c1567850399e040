/**
 * Starting scripts on Windows. For example, `npx` there is `npx.cmd`, which only the command interpreter can run.
 *
 * These are pure functions on text, so they can be tested on every system.
 *
 * Sources: documentation of `cmd.exe` (`cmd /?`) and of `CommandLineToArgvW`.
 *
 * @module
 */

/** A program and its arguments, as they are passed to the system. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Whether the arguments go on the command line unchanged, because they are already quoted. */
  readonly raw: boolean;
}

/** Where to search for a program. */
export interface SearchPath {
  /** `PATH`. */
  readonly path: string;
  /** `PATHEXT`. */
  readonly extensions: string;
  /** The directory to which names with a slash or a backslash are relative. */
  readonly directory: string;
  /** Whether there is such a file. */
  readonly isFile: (file: string) => boolean;
}

const DEFAULT_EXTENSIONS = ".COM;.EXE;.BAT;.CMD";

/** The files that a command may mean, in the order in which they are tried. */
export function candidates(command: string, { path, extensions, directory }: Omit<SearchPath, "isFile">): string[] {
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
 * @throws {RangeError} when an argument cannot be passed to the command interpreter
 */
export function windowsLaunch(
  command: string,
  args: readonly string[],
  place: SearchPath,
  interpreter = "cmd.exe",
): Launch {
  const file = candidates(command, place).find(place.isFile);
  if (file === undefined || !/\.(?:cmd|bat)$/i.test(file)) return { command: file ?? command, args, raw: false };
  const line = [file, ...args].map(quoteForInterpreter).join(" ");
  // The quoting relies on these: extensions on, delayed expansion off, no AutoRun. /c drops the outermost quotes.
  return { command: interpreter, args: ["/e:ON", "/v:OFF", "/d", "/c", `"${line}"`], raw: true };
}

/** A quoted argument that both `cmd.exe` and the started program read as exactly this text. */
function quoteForInterpreter(text: string): string {
  if (/[\r\n\0]/.test(text)) {
    throw new RangeError("an argument with a line break cannot be given to a .cmd or .bat file");
  }
  return `"${
    text
      // Backslashes count double for the program if a quote follows, also the one at the end.
      .replaceAll(/(\\*)("|$)/g, (_, backslashes: string, quote: string) => backslashes + backslashes + quote + quote)
      // The odd variable in this replacement is always empty. So no text between two % is read as a variable.
      .replaceAll("%", "%%cd:~,%")
  }"`;
}
