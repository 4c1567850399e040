/**
 * The environment of a child process.
 *
 * @module
 */

/**
 * The variables every child gets: what programs need to find themselves and their files, and nothing that
 * could be a secret. The lists follow the MCP SDKs, whose hosts start servers the same way.
 */
export const INHERITED_ON: Readonly<Record<"unix" | "windows", readonly string[]>> = {
  unix: ["HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"],
  windows: [
    "APPDATA",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
  ],
};

/** The variables every child gets on this system. */
export const INHERITED_VARIABLES: readonly string[] = INHERITED_ON[Deno.build.os === "windows" ? "windows" : "unix"];

/**
 * The environment for a child.
 *
 * @param own variables set for this child, which win
 * @param passed names of further variables to take over from our own environment
 */
export function childEnvironment(
  own: Readonly<Record<string, string>>,
  passed: readonly string[],
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of [...INHERITED_VARIABLES, ...passed]) {
    const value = Deno.env.get(name);
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...own };
}
