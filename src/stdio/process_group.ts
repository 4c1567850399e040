/**
 * Signals to a child and everything it started.
 *
 * @module
 */

/** A child can be the leader of its own process group only where there are such groups. */
export const HAS_PROCESS_GROUPS = Deno.build.os !== "windows";

/** The children that have not ended yet. */
const running = new Set<Deno.ChildProcess>();

/**
 * Ends a child and all its descendants when this process exits, even where nobody had the time to close it: a
 * second Ctrl-C does not wait.
 */
export function endWithUs(child: Deno.ChildProcess): void {
  if (running.size === 0) globalThis.addEventListener("unload", endAll);
  running.add(child);
  void child.status.then(() => {
    running.delete(child);
    if (running.size === 0) globalThis.removeEventListener("unload", endAll);
  });
}

function endAll(): void {
  for (const child of running) {
    try {
      if (HAS_PROCESS_GROUPS) Deno.kill(-child.pid, "SIGKILL");
      else child.kill("SIGKILL");
    } catch {
      signalAlone(child, "SIGKILL");
    }
  }
}

/**
 * Asks a child and all its descendants to end (`SIGTERM`) or ends them (`SIGKILL`). Who is gone already is no
 * error. Windows knows no asking: both end the tree by `taskkill`.
 *
 * Signalling a group needs the permission to run anything; with less, only the child itself is reached.
 */
export async function signalGroup(child: Deno.ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  try {
    if (HAS_PROCESS_GROUPS) {
      Deno.kill(-child.pid, signal);
    } else {
      const arguments_ = ["/PID", String(child.pid), "/T", "/F"];
      await new Deno.Command("taskkill", { args: arguments_, stdout: "null", stderr: "null" }).output();
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) signalAlone(child, signal);
  }
}

function signalAlone(child: Deno.ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    child.kill(signal);
  } catch {
    // It ended in the meantime.
  }
}
