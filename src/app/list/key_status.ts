/**
 * What the keys are worth that servers show.
 *
 * @module
 */
import { canSeal } from "../../wire/mod.ts";
import type { ListedServer } from "./server_registry.ts";

/**
 * - `known`: it is the key that the user has given for a server of this name
 * - `unverified`: the user has given none, and anybody may have written there
 * - `differs`: the user has given another one, or it shows none
 */
export type KeyStatus = "known" | "unverified" | "differs";

/**
 * The status of a server's key; `undefined` when it shows none, and none is known.
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
