/**
 * MQTT client ids.
 *
 * @module
 */

/**
 * A client id that says what it belongs to: `mcp-serve-3f9c2a71b0`. Short, since it becomes part of topics that
 * some brokers limit.
 *
 * @param chosen what the user asked for, which wins
 * @param suffix keeps several connections of one user's choice apart
 */
export function clientIdFor(role: "serve" | "connect" | "tools", chosen: string | undefined, suffix?: string): string {
  const random = crypto.randomUUID().replaceAll("-", "").slice(0, 10);
  const id = chosen ?? `mcp-${role}-${random}`;
  return chosen !== undefined && suffix !== undefined ? `${id}-${suffix}` : id;
}
