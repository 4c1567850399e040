/**
 * The MCP project's own test server, which has everything that a server can have.
 *
 * @module
 */
import metadata from "../../deno.json" with { type: "json" };

/** Starts it on stdio. */
export const EVERYTHING: readonly string[] = [
  Deno.execPath(),
  "run",
  "--no-lock",
  "-A",
  metadata.imports["@modelcontextprotocol/server-everything"],
  "stdio",
];
