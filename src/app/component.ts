/**
 * What this program says of itself to brokers that ask.
 *
 * @module
 */
import metadata from "../../deno.json" with { type: "json" };

/** The name and the version of this program. */
export const COMPONENT = { implementation: "mcp-mqtt-proxy", version: metadata.version } as const;
