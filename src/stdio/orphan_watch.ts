/**
 * Ending children that outlive us. When we are killed (SIGKILL), nothing of ours runs any more: their stdin ends, and one
 * that takes no notice of that would never end.
 *
 * So a shell watches, which learns of our end by that of its own stdin. It takes 1 MB, and a millisecond to start.
 *
 * @module
 */
import { waitAtMost } from "../core/waiting.ts";
import { HAS_PROCESS_GROUPS } from "./process_group.ts";

const SHELL = "/bin/sh";

/**
 * Reads `+ GROUP` and `- GROUP`. At the end it does with the groups that are left what we would have done. Signals to us
 * are none of its business; it has a process group of its own, but a service manager may send them to all.
 */
const SCRIPT = `
trap '' HUP INT TERM
left=
while read -r sign group; do
  others=
  for one in $left; do [ "$one" = "$group" ] || others="$others $one"; done
  left=$others
  [ "$sign" = - ] || left="$left $group"
done
[ -z "$left" ] && exit
for signal in TERM KILL; do
  sleep 2
  for one in $left; do kill -s $signal -- "-$one"; done
done 2>/dev/null
`;

/** How long the shell may take to end, in ms. */
const END_TIMEOUT = 1_000;

/**
 * Watches over children from the first of them on. Where there is no shell, or it may not be started, nobody watches.
 * Disposing of it ends the shell.
 */
export class OrphanWatch implements AsyncDisposable {
  #shell: Deno.ChildProcess | undefined;
  #input: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #tried = false;

  /** Watches over a child, which leads a process group, until it has ended. */
  watch(child: Deno.ChildProcess): void {
    if (!this.#tried) this.#start();
    this.#tell(`+ ${child.pid}`);
    void child.status.then(() => this.#tell(`- ${child.pid}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tried = true;
    const input = this.#input;
    this.#input = undefined;
    await input?.close().catch(() => {}); // it has ended by itself
    if (this.#shell !== undefined) await waitAtMost(this.#shell.status, END_TIMEOUT);
  }

  #start(): void {
    this.#tried = true;
    if (!HAS_PROCESS_GROUPS) return;
    // Asking first, since Deno would ask the user.
    if (Deno.permissions.querySync({ name: "run", command: SHELL }).state !== "granted") return;
    try {
      this.#shell = new Deno.Command(SHELL, {
        args: ["-c", SCRIPT, "mcp-mqtt-proxy: ends the server processes when serve is killed"],
        clearEnv: true,
        env: { PATH: "/usr/bin:/bin" },
        cwd: "/",
        stdin: "piped",
        stdout: "null",
        stderr: "null",
        detached: true,
      }).spawn();
    } catch {
      return; // a container may have no shell; it ends as a whole
    }
    this.#shell.unref();
    this.#input = this.#shell.stdin.getWriter();
  }

  #tell(line: string): void {
    this.#input?.write(new TextEncoder().encode(`${line}\n`)).catch(() => this.#input = undefined);
  }
}
