/**
 * What this program says of itself: MQTT client ids, and its name and version.
 *
 * @module
 */
import metadata from "../../deno.json" with { type: "json" };

/** The name and the version of this program. */
export const CLIENT_INFO = { implementation: "mcp-mqtt-proxy", version: metadata.version } as const;

/**
 * A client id that says what it belongs to: `mcp-serve-3f9c2a71b0`. Short, since it becomes part of topics, which
 * AWS IoT Core limits to 256 bytes.
 *
 * @param chosen what the user asked for, which wins
 * @param suffix keeps several connections of one user's choice apart
 */
export function clientIdFor(role: string, chosen: string | undefined, suffix?: string): string {
  const random = crypto.randomUUID().replaceAll("-", "").slice(0, 10);
  const id = chosen ?? `mcp-${role}-${random}`;
  return chosen !== undefined && suffix !== undefined ? `${id}-${suffix.replaceAll("/", "-")}` : id;
}

/**
 * Gives each connection of a process a client id of its own. The user's choice is that of the first one; the others
 * get a number behind it.
 */
export function clientIds(role: string, chosen: string | undefined): () => string {
  let count = 0;
  return () => ++count === 1 ? clientIdFor(role, chosen) : clientIdFor(role, chosen, String(count));
}
