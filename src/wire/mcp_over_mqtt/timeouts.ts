/**
 * How long requests may take, as the open convention recommends.
 *
 * Source: MCP over MQTT, specification 2025-03-26, "Timeouts".
 *
 * @module
 */

const SECONDS: ReadonlyMap<string, number> = new Map([
  ["initialize", 30],
  ["ping", 10],
  ["roots/list", 30],
  ["resources/list", 30],
  ["tools/list", 30],
  ["prompts/list", 30],
  ["prompts/get", 30],
  ["sampling/createMessage", 60],
  ["resources/read", 30],
  ["resources/templates/list", 30],
  ["resources/subscribe", 30],
  ["tools/call", 60],
  ["completion/complete", 60],
  ["logging/setLevel", 30],
]);

/** What the convention does not name gets the longest time that it names. */
const OTHERS = 60;

/** How long a request of this method may take, in ms. */
export function recommendedTimeout(method: string): number {
  return (SECONDS.get(method) ?? OTHERS) * 1000;
}
