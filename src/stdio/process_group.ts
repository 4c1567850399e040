/**
 * Signals to a child and everything it started.
 *
 * @module
 */

/** Whether a child can be the leader of a process group of its own. Windows has no such groups. */
export const HAS_PROCESS_GROUPS = Deno.build.os !== "windows";

/** The children that have not ended yet. */
const running = new Set<Deno.ChildProcess>();

/**
 * Ends a child and all its descendants when this process exits, even if it was not closed before: a second Ctrl-C does
 * not wait for that.
 */
export function killOnExit(child: Deno.ChildProcess): void {
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
 * Asks a child and all its descendants to end (`SIGTERM`) or ends them (`SIGKILL`). It is no error if one has ended
 * already. Windows has no SIGTERM: there both signals end the process tree by `taskkill`.
 *
 * Signalling a group needs Deno's permission to run any program (`--allow-run`). With less, only the child itself gets
 * the signal.
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
