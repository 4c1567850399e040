/**
 * The environment of a child process.
 *
 * @module
 */

/**
 * Variables that say how a program reaches the network, and where Deno keeps packages. Behind a proxy or with a private
 * certificate authority, `npx` and `deno run` cannot fetch a server without them.
 */
const NETWORK: readonly string[] = [
  "DENO_DIR",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NODE_EXTRA_CA_CERTS",
  "NO_PROXY",
  "SSL_CERT_DIR",
  "SSL_CERT_FILE",
  "npm_config_registry",
];

/**
 * These, and the lower-case names for programs that need them: curl, for one, ignores `HTTP_PROXY`. On Windows, names
 * of variables are not case-sensitive.
 */
const NETWORK_ON_UNIX: readonly string[] = [...NETWORK, "http_proxy", "https_proxy", "no_proxy"];

/**
 * The variables every child gets: what programs need to find each other, their files and the network. Except for the
 * network, the lists are those of the MCP SDKs, so that servers start as they do in hosts.
 */
export const INHERITED_ON: Readonly<Record<"unix" | "windows", readonly string[]>> = {
  unix: [
    "HOME",
    "LANG",
    "LC_ALL",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    ...NETWORK_ON_UNIX,
  ],
  windows: [
    ...NETWORK,
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
