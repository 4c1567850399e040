/**
 * Code that is loaded late, fetched early.
 *
 * Whoever runs this program from a registry has only fetched what every command takes. Nothing more can be fetched once
 * a command has given up its permission to load code, so what it may come to need is loaded before.
 *
 * @module
 */
import { brokerUrls } from "../config/mod.ts";
import type { PermissionKind } from "./permissions.ts";

/** Whether all code is here: in a checkout, or in an executable. */
const IS_LOCAL = import.meta.url.startsWith("file:");

/**
 * Loads what a connection to the broker of `values` takes, for a command that keeps the permissions `running`. The
 * broker of an SMCP login is not known yet, and can be any.
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
