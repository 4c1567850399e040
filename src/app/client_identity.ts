/**
 * How this program identifies itself: MQTT client ids, name and version.
 *
 * @module
 */
import metadata from "../../deno.json" with { type: "json" };

/** The name and the version of this program. */
export const CLIENT_INFO = { implementation: "mcp-mqtt-proxy", version: metadata.version } as const;

/**
 * A client id that tells the role of the connection, such as `mcp-serve-3f9c2a71b0`. It is short because it becomes
 * part of topics, which AWS IoT Core limits to 256 bytes.
 *
 * @param chosen the user's choice, which takes precedence
 * @param suffix distinguishes several connections for which the user has chosen one id
 */
export function clientIdFor(role: string, chosen: string | undefined, suffix?: string): string {
  const random = crypto.randomUUID().replaceAll("-", "").slice(0, 10);
  const id = chosen ?? `mcp-${role}-${random}`;
  return chosen !== undefined && suffix !== undefined ? `${id}-${suffix.replaceAll("/", "-")}` : id;
}

/**
 * Makes client ids for the connections of one process. The first one is the user's choice, if there is one. For further
 * connections a number is appended.
 */
export function clientIds(role: string, chosen: string | undefined): () => string {
  let count = 0;
  return () => ++count === 1 ? clientIdFor(role, chosen) : clientIdFor(role, chosen, String(count));
}
