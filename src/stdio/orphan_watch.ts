/**
 * Ending children that outlive us. When we are killed by SIGKILL, no code of ours runs any more. The children's stdin
 * ends, but a child that ignores this would run on.
 *
 * So a shell watches. It notices our end by the end of its own stdin. It takes 1 MB of memory, and a millisecond to
 * start.
 *
 * @module
 */
import { waitAtMost } from "../core/waiting.ts";
import { HAS_PROCESS_GROUPS } from "./process_group.ts";

const SHELL = "/bin/sh";

/**
 * Reads `+ GROUP` and `- GROUP`. At the end of stdin it ends the groups that are left, as we would have done. It
 * ignores the signals that are meant for us: it has a process group of its own, but a service manager such as systemd
 * may signal every process of the service.
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
 * Watches over children. The shell is started with the first of them. Without a shell, or without the permission to
 * start it, nothing watches. Disposing of it ends the shell.
 */
export class OrphanWatch implements AsyncDisposable {
  #shell: Deno.ChildProcess | undefined;
  #input: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #tried = false;

  /** Watches over a child until it has ended. The child must be the leader of a process group. */
  watch(child: Deno.ChildProcess): void {
    if (!this.#tried) this.#start();
    this.#tell(`+ ${child.pid}`);
    void child.status.then(() => this.#tell(`- ${child.pid}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tried = true;
    const input = this.#input;
    this.#input = undefined;
    await input?.close().catch(() => {}); // the shell may have ended already
    if (this.#shell !== undefined) await waitAtMost(this.#shell.status, END_TIMEOUT);
  }

  #start(): void {
    this.#tried = true;
    if (!HAS_PROCESS_GROUPS) return;
    // Starting it without the permission would make Deno prompt the user.
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
      return; // a container may have no shell, but ends with all its processes
    }
    this.#shell.unref();
    this.#input = this.#shell.stdin.getWriter();
  }

  #tell(line: string): void {
    this.#input?.write(new TextEncoder().encode(`${line}\n`)).catch(() => this.#input = undefined);
  }
}
