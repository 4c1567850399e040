/**
 * Looking into what a server has sent.
 *
 * @module
 */

/** The members of a value, whatever it is. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
