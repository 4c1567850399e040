/**
 * User properties, of which MQTT allows several of one name.
 *
 * @module
 */
import type { UserProperties } from "../mqtt/mod.ts";

/** The first value of a user property. */
export function firstValue(properties: UserProperties | undefined, name: string): string | undefined {
  const value = properties?.[name];
  return typeof value === "string" ? value : value?.[0];
}
