/**
 * The names under which this program can be called.
 *
 * @module
 */

/** Under this name it is the tool server: hosts exist that start a command without any argument. */
const TOOLS_NAME = "mqtt-smcp-server";

/**
 * The arguments that are meant, when the program is called by the name of its file.
 *
 * @param executable path of the program, with the separators of any system
 */
export function meantArguments(executable: string, args: readonly string[]): readonly string[] {
  const name = executable.split(/[/\\]/).at(-1)?.replace(/\.exe$/i, "");
  return name === TOOLS_NAME ? ["tools", ...args] : args;
}
