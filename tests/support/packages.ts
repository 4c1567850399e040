/**
 * Programs that come as npm packages.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import metadata from "../../deno.json" with { type: "json" };

const CONFIGURATION = fileURLToPath(new URL("../../deno.json", import.meta.url));

/**
 * The command that runs the program of a package among the `imports` of `deno.json`, in the version of the lockfile. The
 * task `test` has fetched it: no test asks a registry.
 */
export function packageCommand(name: keyof typeof metadata.imports): string[] {
  return [Deno.execPath(), "run", "--config", CONFIGURATION, "--cached-only", "-A", metadata.imports[name]];
}

/** The MCP project's own test server, which has everything that a server can have, on stdio. */
export const EVERYTHING: readonly string[] = [...packageCommand("@modelcontextprotocol/server-everything"), "stdio"];
