/**
 * A child process as a channel: its stdin and stdout carry messages, its stderr is drained line by line.
 *
 * @module
 */
import type { Channel, Receiver } from "../core/channel.ts";
import { waitAtMost } from "../core/waiting.ts";
import { Failure } from "../core/failure.ts";
import type { Message } from "../core/message.ts";
import { type Redact, redactNothing } from "../core/redaction.ts";
import type { ByteSink, ByteSource } from "./byte_pipes.ts";
import { StderrTail } from "./stderr_tail.ts";
import { LineChannel } from "./line_channel.ts";
import { LineSplitter } from "./line_splitter.ts";
import { PipeReader } from "./pipe_reader.ts";
import { killOnExit, signalGroup } from "./process_group.ts";
import { type ProgramOptions, spawn } from "./spawn.ts";

/** How to start a child, and the callbacks about it. */
export interface ChildProcessOptions extends ProgramOptions {
  /** Longest line the child may print, in bytes. */
  readonly maxMessage: number;
  /** Called when the child first writes to stdout, or closes it. */
  readonly heard?: () => void;
  /** Takes each line of the child's stderr. */
  readonly stderr: (line: string) => void;
  /** Takes the last lines of its stderr, if it has exited by itself with an exit code other than 0. */
  readonly lastWords?: (lines: readonly string[]) => void;
  /** Takes each line of the child's stdout that is not JSON. */
  readonly skipped: (line: Uint8Array) => void;
  /** Takes the length of each line that was longer than `maxMessage`. */
  readonly tooLong: (length: number) => void;
  /**
   * An exchange with the child before the first message. Resolves with the source of the messages. When it rejects with
   * a {@linkcode Failure}, the child is ended at once for that reason.
   */
  readonly opening?: (input: ByteSource, output: ByteSink) => Promise<ByteSource>;
  /** Applied to each line of the child's stderr. @default {redactNothing} */
  readonly redact?: Redact;
  /** How long the child may take to end after its stdin was closed, and again after SIGTERM, in ms. */
  readonly stopTimeout?: number;
}

/** Default of {@linkcode ChildProcessOptions.stopTimeout}, in ms: what the MCP SDKs grant. */
const DEFAULT_STOP_TIMEOUT = 2000;

/** How long a child may take to exit after it has closed its stdin or stdout, in ms. After that it counts as hung. */
const EXIT_GRACE = 250;

/** How long the output of a child that has exited may still be held open by its descendants, in ms. */
const OUTPUT_GRACE = 500;

/** Longest line of the child's stderr, in bytes. A longer line is dropped. */
const STDERR_LINE_LIMIT = 64 * 1024;

/**
 * A running child. It ends because it was closed, or because it exited by itself. The second is a `child-exited`
 * failure, with the exit code and the last lines of stderr.
 */
export class ChildProcess implements Channel {
  readonly closed: Promise<Failure | undefined>;
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #lines: LineChannel;
  readonly #options: ChildProcessOptions;
  readonly #closeInput: () => Promise<void>;
  readonly #stderr: Promise<void>;
  readonly #stderrTail = new StderrTail();
  #stopping: Promise<void> | undefined;
  #reason: Failure | undefined;
  /** What the child has closed, if it cannot serve any more but still runs. */
  #defect = "";
  /** Whether the child's stdin was closed by {@linkcode end}. Then its exit is expected. */
  #inputEnded = false;
  #running = true;
  #receiving = false;
  #reads = 0;
  #reading = false;

  /**
   * Starts a child.
   *
   * @throws {Failure} `child-not-started` when there is no such program, or it may not be run
   */
  constructor(options: ChildProcessOptions) {
    this.#options = options;
    this.#child = spawn(options, "piped");
    killOnExit(this.#child);
    this.pid = this.#child.pid;
    const output = new PipeReader(this.#child.stdout);
    const input = this.#child.stdin.getWriter();
    const source = { read: () => this.#read(output) };
    const sink = { write: (bytes: Uint8Array) => input.write(bytes), close: () => input.close() };
    this.#closeInput = sink.close;
    const opened = options.opening?.(source, sink);
    opened?.catch((failure) => this.#end(failure, 0));
    this.#lines = new LineChannel(
      opened === undefined ? source : { read: async () => await (await opened).read() },
      opened === undefined ? sink : { ...sink, write: (bytes) => opened.then(() => sink.write(bytes)) },
      { ...options, unwritable: () => this.#endBroken("has closed its stdin") },
    );
    void this.#lines.closed.then(() => this.#endBroken("has closed its stdout"));
    const stderr = new PipeReader(this.#child.stderr);
    this.#stderr = this.#drain(stderr);
    this.closed = this.#supervise([output, stderr]);
  }

  receive(receiver: Receiver): void {
    this.#receiving = true;
    this.#lines.receive(receiver);
  }

  send(message: Message): Promise<void> | void {
    return this.#lines.send(message);
  }

  /** Closes the child's stdin. Its output is still delivered until it exits, even after {@linkcode close}. */
  end(): boolean {
    this.#inputEnded = true;
    return this.#lines.end();
  }

  /**
   * Ends the child: closes its stdin, then sends SIGTERM, then SIGKILL. Before each step it waits for `stopTimeout`.
   */
  close(reason?: Failure): Promise<void> {
    return this.#end(reason, this.#options.stopTimeout ?? DEFAULT_STOP_TIMEOUT);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #supervise(pipes: readonly { cancel(): Promise<void> }[]): Promise<Failure | undefined> {
    const status = await this.#child.status;
    this.#running = false;
    await signalGroup(this.#child, "SIGKILL"); // its descendants may still run
    await this.#outputEnds();
    await waitAtMost(this.#stderr, OUTPUT_GRACE);
    await Promise.allSettled(pipes.map((pipe) => pipe.cancel()));
    await this.#lines.close();
    if (this.#stopping !== undefined || this.#inputEnded) return this.#reason;
    const how = status.signal === null ? `exited with code ${status.code}` : `was ended by ${status.signal}`;
    const { headline, lines } = this.#stderrTail;
    const words = headline === "" ? "" : `: ${headline}`;
    if (status.code !== 0) this.#options.lastWords?.(lines);
    return new Failure("child-exited", `The server process ${this.#defect}${how}${words}`, {
      exitCode: status.code,
      ...(status.signal === null ? {} : { signal: status.signal }),
      ...(lines.length === 0 ? {} : { stderr: lines.join("\n") }),
    });
  }

  #end(reason: Failure | undefined, stopTimeout: number): Promise<void> {
    this.#stopping ??= this.#stop(reason, stopTimeout);
    return this.#stopping;
  }

  async #stop(reason: Failure | undefined, stopTimeout: number): Promise<void> {
    this.#reason = reason;
    // Also after the child has exited: the rest of its output is not needed.
    if (!this.#inputEnded) void this.#lines.close();
    await this.#askToExit(stopTimeout);
    await this.closed;
  }

  /** Ends a child that cannot serve any more and does not exit. Its output is delivered meanwhile. */
  async #endBroken(defect: string): Promise<void> {
    await waitAtMost(this.#child.status, EXIT_GRACE);
    if (!this.#running || this.#stopping !== undefined || this.#defect !== "") return;
    this.#defect = `${defect} and `;
    void this.#closeInput().catch(() => {}); // not awaited: closing waits until the child has read everything
    await this.#askToExit(this.#options.stopTimeout ?? DEFAULT_STOP_TIMEOUT);
  }

  /** Waits for the exit of a child whose stdin has ended, then sends SIGTERM, then SIGKILL. */
  async #askToExit(stopTimeout: number): Promise<void> {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await waitAtMost(this.#child.status, stopTimeout);
      if (!this.#running) break;
      await signalGroup(this.#child, signal);
    }
  }

  async #read(output: PipeReader): Promise<Uint8Array | undefined> {
    this.#reading = true;
    const chunk = await output.read();
    this.#reading = false;
    if (this.#reads++ === 0) this.#options.heard?.();
    return chunk;
  }

  /** Waits for the last of the output. Gives up when nothing comes because another process holds the pipe open. */
  async #outputEnds(): Promise<void> {
    let ended = false;
    const end = this.#lines.closed.then(() => ended = true);
    while (!ended) {
      const reads = this.#reads;
      await waitAtMost(end, OUTPUT_GRACE);
      const backpressure = this.#receiving && !this.#reading && this.#reads > 0;
      if (reads === this.#reads && !backpressure) break;
    }
  }

  async #drain(stderr: PipeReader): Promise<void> {
    const decoder = new TextDecoder();
    const { redact = redactNothing } = this.#options;
    const lines = new LineSplitter(STDERR_LINE_LIMIT, () => {});
    const take = (bytes: Uint8Array) => {
      const line = redact(decoder.decode(bytes).trimEnd());
      if (line === "") return;
      this.#stderrTail.add(line);
      this.#options.stderr(line);
    };
    for (let chunk = await stderr.read(); chunk !== undefined; chunk = await stderr.read()) {
      for (const line of lines.push(chunk)) take(line);
    }
    const rest = lines.end();
    if (rest !== undefined) take(rest);
  }
}
