/**
 * `launch`: gives an SMCP server its credentials, and is transparent after that.
 *
 * @module
 */
import { waitAtMost } from "../core/waiting.ts";
import type { Observer } from "../core/events.ts";
import type { Credentials } from "../core/secret.ts";
import { deliverCredentials } from "../smcp/mod.ts";
import { type ByteSink, type ByteSource, ChildPipes, OrphanWatch } from "../stdio/mod.ts";

/** The program to start, and its credentials. */
export interface LaunchConfig {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the server. */
  readonly environment: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
}

/** The streams of the host that uses the server. */
export interface LaunchHost {
  readonly input: ByteSource;
  readonly output: ByteSink;
}

/** How long the server may take to end after it was asked to, in ms. */
const STOP_TIMEOUT = 1_500;

/** How long to wait for more output of a server that has ended, in ms: another process may hold the pipe open. */
const OUTPUT_GRACE = 500;

/**
 * Starts the server, gives it its credentials, and forwards all bytes in both directions until it has ended. Resolves
 * with its exit code.
 *
 * @throws {Failure} `child-not-started` when it cannot be started or does not accept the credentials
 * @throws the error of the output, if writing to it fails
 */
export async function launch(
  config: LaunchConfig,
  host: LaunchHost,
  observe: Observer,
  signal: AbortSignal,
): Promise<number> {
  const { command, credentials } = config;
  await using orphans = new OrphanWatch();
  const child = new ChildPipes({ ...config, orphans });
  const stop = () => void child.stop(STOP_TIMEOUT);
  signal.addEventListener("abort", stop, { once: true });
  let source: ByteSource;
  try {
    source = await deliverCredentials({
      input: child.source,
      output: child.sink,
      credentials,
      skipped: (bytes) => observe({ type: "line.skipped", source: command, bytes }),
    });
  } catch (error) {
    await child.stop(0);
    await child.discard();
    throw error;
  }
  observe({ type: "credentials.sent", server: command, keys: [...credentials.keys()].join(", ") });

  let ended = false;
  void child.ended.then(() => ended = true);
  /** Ends a server that has closed its stdin or stdout but still runs. It is useless, but the host cannot see that. */
  const endHalfDead = async () => {
    await waitAtMost(child.ended, STOP_TIMEOUT);
    if (!ended) stop();
  };
  // The end of the host's input is forwarded. The server decides what it does then.
  void new Pump(host.input, child.sink).run().then(() => child.sink.close()).catch(endHalfDead);
  const output = new Pump(source, host.output);
  const drained = output.run();
  void drained.then(endHalfDead, stop); // the host no longer reads: stop the server
  const exitCode = await child.ended;
  await output.standstill(drained, OUTPUT_GRACE);
  await child.discard();
  if (output.failure !== undefined) throw output.failure;
  return exitCode;
}

/** Forwards bytes as fast as the sink accepts them. */
class Pump {
  readonly #source: ByteSource;
  readonly #sink: ByteSink;
  #chunks = 0;
  #writing = false;
  /** Why the sink accepts nothing more. */
  failure: unknown;

  constructor(source: ByteSource, sink: ByteSink) {
    this.#source = source;
    this.#sink = sink;
  }

  /** Resolves when the source has ended; rejects when the sink has failed. */
  async run(): Promise<void> {
    while (true) {
      const chunk = await this.#source.read().catch(() => undefined);
      if (chunk === undefined) return;
      this.#chunks++;
      this.#writing = true;
      try {
        await this.#sink.write(chunk);
      } catch (error) {
        this.failure = error;
        throw error;
      }
      this.#writing = false;
    }
  }

  /** Resolves when `run` has, or when no bytes have arrived for `limit` ms. */
  async standstill(run: Promise<void>, limit: number): Promise<void> {
    let over = false;
    const end = run.catch(() => {}).then(() => over = true);
    while (!over) {
      const chunks = this.#chunks;
      await waitAtMost(end, limit);
      if (chunks === this.#chunks && !this.#writing) break;
    }
  }
}
