/**
 * Makes a process tell its permissions: run it with `--preload` of this file, send it SIGUSR1, and it writes a line
 * `permissions: …` on its stderr. What it tells are Deno's own answers, inside that very process.
 *
 * @module
 */
import { PERMISSION_KINDS } from "../../src/cli/permissions.ts";

Deno.addSignalListener("SIGUSR1", () => {
  const granted = PERMISSION_KINDS.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
  Deno.stderr.writeSync(new TextEncoder().encode(`permissions: ${granted.join(" ")}\n`));
});
