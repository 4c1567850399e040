/**
 * The environment of a child process.
 *
 * @module
 */

/**
 * How a program reaches the network, and where Deno keeps packages. Behind a proxy or a certificate authority of one's
 * own, `npx` and `deno run` can fetch no server without these.
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

/** The same for programs that know the lower-case names only, such as curl. Windows does not tell them apart. */
const NETWORK_ON_UNIX: readonly string[] = [...NETWORK, "http_proxy", "https_proxy", "no_proxy"];

/**
 * The variables every child gets: what programs need to find themselves, their files and the network. The rest of the
 * lists follows the MCP SDKs, whose hosts start servers the same way.
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
