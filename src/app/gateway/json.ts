/**
 * JSON of strangers, of which nothing is known but that it is JSON.
 *
 * @module
 */

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** The members of a value, whatever it is. */
export function membersOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Json : {};
}

/** The objects of a list, whatever it is. */
export function objectsOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter((one): one is Json => typeof one === "object" && one !== null) : [];
}

/**
 * Takes any result as it is. The SDK's own schemas would leave out what they do not know, and refuse what somebody else
 * has made.
 */
export const ANYTHING = {
  "~standard": {
    version: 1,
    vendor: "mcp-mqtt-proxy",
    validate: (value: unknown): { value: Json } => ({ value: membersOf(value) }),
    types: undefined as unknown as { readonly input: Json; readonly output: Json },
  },
} as const;
