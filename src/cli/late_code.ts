/**
 * Fetching code early that is used late.
 *
 * When the program is run from a registry, only the code that every command needs is fetched at first. A command later
 * gives back its permission to load code. So everything that it may need is loaded before.
 *
 * @module
 */
import { brokerUrls } from "../config/mod.ts";
import type { PermissionKind } from "./permissions.ts";

/** Whether all code is local: in a checkout, or in an executable. */
const IS_LOCAL = import.meta.url.startsWith("file:");

/**
 * Loads the code for a connection to the broker of `values`, for a command that keeps the permissions `running`. With
 * SMCP the broker is not known yet, so the code for any broker is loaded.
 */
export async function loadLateCode(
  running: readonly PermissionKind[],
  { broker, smcp, insecure }: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (IS_LOCAL || !running.includes("net")) return;
  const { loadConnection } = await import("../mqtt/mod.ts");
  const known = typeof broker === "string" && smcp !== true && insecure !== true;
  await loadConnection(known ? brokerUrls(broker) : ["ws:"]);
}
