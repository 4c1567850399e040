/**
 * The real mosquitto, when it is on PATH.
 *
 * @module
 */
import type { TestBroker } from "./embedded_broker.ts";
import { freePort } from "./net.ts";

/** How a mosquitto is to be configured. */
export interface MosquittoOptions {
  /** @default {a free one} */
  readonly port?: number;
  /** Lines of `mosquitto.conf` behind the listener's, instead of `allow_anonymous true`. */
  readonly configuration?: readonly string[];
  /** @default {"mqtt"} */
  readonly scheme?: "mqtt" | "mqtts" | "ws" | "wss";
}

/** A running mosquitto. */
export interface Mosquitto extends TestBroker {
  readonly pid: number;
  /** Ends it at once, as a power failure would. */
  kill(): Promise<void>;
}

/** Where the program is; `undefined` when it is not installed. Debian keeps it out of users' PATH. */
export const MOSQUITTO: string | undefined = findMosquitto();

function findMosquitto(): string | undefined {
  for (const candidate of ["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"]) {
    try {
      new Deno.Command(candidate, { args: ["-h"], stdout: "null", stderr: "null" }).outputSync();
      return candidate;
    } catch {
      // Not there.
    }
  }
}

/** Starts a mosquitto and waits until it listens. */
export async function mosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  if (MOSQUITTO === undefined) throw new Error("mosquitto is not installed");
  const { port = freePort(), configuration = ["allow_anonymous true"], scheme = "mqtt" } = options;
  const directory = await Deno.makeTempDir({ prefix: "mosquitto-" });
  const lines = [
    // Version 2.0.11 does not start when it has no listener but for websockets.
    ...(scheme.startsWith("ws") ? [`listener ${freePort()} 127.0.0.1`] : []),
    // As root it would become another user, who may not read our temporary files.
    ...(Deno.uid() === 0 ? ["user root"] : []),
    `listener ${port} 127.0.0.1`,
    ...(scheme.startsWith("ws") ? ["protocol websockets"] : []),
  ];
  const file = `${directory}/mosquitto.conf`;
  await Deno.writeTextFile(file, [...lines, ...configuration, ""].join("\n"));
  const process = new Deno.Command(MOSQUITTO, {
    args: ["-c", file],
    cwd: directory,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = new Response(process.stderr).text();
  try {
    await listening(port, process);
  } catch (error) {
    await Deno.remove(directory, { recursive: true });
    throw new Error(`${error}\n${await log}`);
  }
  let ended = false;
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    if (ended) return;
    ended = true;
    process.kill(signal);
    await process.status;
    await log;
    await Deno.remove(directory, { recursive: true });
  };
  return {
    kind: "mosquitto",
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    pid: process.pid,
    kill: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => end("SIGTERM"),
  };
}

async function listening(port: number, process: Deno.ChildProcess): Promise<void> {
  let exited = false;
  void process.status.then(() => exited = true);
  while (!exited) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error("mosquitto has exited");
}
