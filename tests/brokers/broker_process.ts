/**
 * A broker as a process of its own.
 *
 * @module
 */

/** A broker that runs. */
export interface RunningBroker extends AsyncDisposable {
  readonly url: string;
  /** What has to be said to be let in. */
  readonly login: readonly string[];
}

/** A broker that can be started, again and again on one port. */
export interface InstalledBroker {
  readonly name: string;
  readonly version: string;
  start(port: number): Promise<RunningBroker>;
}

/** Starts a program in a directory of its own, and waits until it listens. */
export async function started(
  port: number,
  command: string,
  login: readonly string[],
  files: (directory: string) => Record<string, string>,
  args: (directory: string) => readonly string[],
): Promise<RunningBroker> {
  const directory = await Deno.makeTempDir({ prefix: "broker-" });
  for (const [name, text] of Object.entries(files(directory))) await Deno.writeTextFile(`${directory}/${name}`, text);
  await Deno.chmod(directory, 0o777);
  const process = new Deno.Command("setsid", {
    args: [command, ...args(directory)],
    cwd: directory,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const end = async () => {
    await new Deno.Command("kill", { args: ["-KILL", "--", `-${process.pid}`], stderr: "null" }).output();
    await process.status;
    await Deno.remove(directory, { recursive: true }).catch(() => {}); // what it has started may still write there
  };
  const deadline = performance.now() + 60_000;
  while (true) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      break;
    } catch {
      if (performance.now() > deadline) {
        await end();
        throw new Error(`${command} does not listen`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return { url: `mqtt://127.0.0.1:${port}`, login, [Symbol.asyncDispose]: end };
}
