/**
 * A child process as two streams of raw bytes. It inherits our stderr.
 *
 * @module
 */
import { waitAtMost } from "../core/waiting.ts";
import type { ByteSink, ByteSource } from "./byte_pipes.ts";
import { PipeReader } from "./pipe_reader.ts";
import { signalGroup } from "./process_group.ts";
import { type ProgramOptions, spawn } from "./spawn.ts";

/** A running child. */
export class ChildPipes {
  /** Its stdout. */
  readonly source: ByteSource;
  /** Its stdin. */
  readonly sink: ByteSink;
  /** Resolves with its exit code when it has ended. After a signal, that is 128 plus the number of the signal. */
  readonly ended: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #output: PipeReader;

  /**
   * Starts a child.
   *
   * @throws {Failure} `child-not-started` when there is no such program, or it may not be run
   */
  constructor(options: ProgramOptions) {
    this.#child = spawn(options, "inherit");
    this.#output = new PipeReader(this.#child.stdout);
    const input = this.#child.stdin.getWriter();
    this.source = this.#output;
    this.sink = { write: (bytes) => input.write(bytes), close: () => input.close() };
    this.ended = this.#child.status.then(async ({ code }) => {
      await signalGroup(this.#child, "SIGKILL"); // its descendants may still run
      return code;
    });
  }

  /** Asks the child to end, and kills it after `timeout` ms. Resolves when it has ended. */
  async stop(timeout: number): Promise<void> {
    await signalGroup(this.#child, "SIGTERM");
    await waitAtMost(this.ended, timeout);
    await signalGroup(this.#child, "SIGKILL");
    await this.ended;
  }

  /** Discards the rest of its output, which another process may hold open. */
  async discard(): Promise<void> {
    await this.#output.cancel().catch(() => {});
  }
}
