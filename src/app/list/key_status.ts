/**
 * How far the public key of a server can be trusted.
 *
 * @module
 */
import { canSeal } from "../../wire/mod.ts";
import type { ListedServer } from "./server_registry.ts";

/**
 * The status of a key:
 * - `known`: the user has given this key for a server of this name
 * - `unverified`: the user has given no key, and anybody may have written the one that is shown
 * - `differs`: the user has given another key, or the server shows none
 */
export type KeyStatus = "known" | "unverified" | "differs";

/**
 * The status of a server's key; `undefined` when the server shows none and the user has given none.
 *
 * @param known the keys that the user has given, by the names of servers
 */
export function keyStatus(
  { name, instances }: Pick<ListedServer, "name" | "instances">,
  known: ReadonlyMap<string, string>,
): KeyStatus | undefined {
  const wanted = known.get(name);
  const shown = instances.filter(({ profile }) => canSeal(profile))
    .map(({ key }) => key);
  if (wanted === undefined) return shown.some((key) => key !== undefined) ? "unverified" : undefined;
  return shown.length > 0 && shown.every((key) => key === wanted) ? "known" : "differs";
}
