/**
 * JSON of unknown shape, from hosts and servers.
 *
 * @module
 */

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** The members of a value. None if it is not an object. */
export function membersOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Json : {};
}

/** The objects in a list. None if it is not a list. */
export function objectsOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter((one): one is Json => typeof one === "object" && one !== null) : [];
}

/**
 * Accepts any result unchanged. The SDK's own schemas would drop members that they do not know, and refuse results that
 * do not follow the specification.
 */
export const ANYTHING = {
  "~standard": {
    version: 1,
    vendor: "mcp-mqtt-proxy",
    validate: (value: unknown): { value: Json } => ({ value: membersOf(value) }),
    types: undefined as unknown as { readonly input: Json; readonly output: Json },
  },
} as const;
