/**
 * Our own program as a process, spoken to as a host would.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { LineSplitter } from "../../src/stdio/line_splitter.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** The command that runs `main.ts` with the Deno that runs this test. */
export const PROXY_COMMAND: readonly string[] = [Deno.execPath(), "run", "-A", MAIN];

/** How a {@linkcode Process} is started. */
export interface ProcessOptions {
  /** Variables besides our own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Leaves our own variables out. */
  readonly clearEnv?: boolean;
  readonly cwd?: string;
}

/** Variables for somebody whose home is `directory`; the cache of Deno stays where it is, or everything was fetched anew. */
export async function homeIn(directory: string): Promise<Record<string, string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return { HOME: directory, DENO_DIR: JSON.parse(new TextDecoder().decode(stdout)).denoDir };
}

/** A process whose lines can be waited for. */
export class Process implements AsyncDisposable {
  readonly pid: number;
  readonly status: Promise<Deno.CommandStatus>;
  readonly output: Lines;
  readonly errors: Lines;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #inputClosed = false;

  constructor([program, ...args]: readonly string[], options: ProcessOptions = {}) {
    if (program === undefined) throw new Error("No program");
    this.#child = new Deno.Command(program, {
      args,
      env: { NO_COLOR: "1", ...options.env },
      clearEnv: options.clearEnv ?? false,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#child.pid;
    this.status = this.#child.status;
    this.#input = this.#child.stdin.getWriter();
    this.output = new Lines(this.#child.stdout);
    this.errors = new Lines(this.#child.stderr);
  }

  /** Writes one line: JSON, or text as it is. */
  async send(message: unknown): Promise<void> {
    const line = typeof message === "string" ? message : JSON.stringify(message);
    await this.#input.write(new TextEncoder().encode(line + "\n"));
  }

  /** Ends the process's stdin. */
  async closeInput(): Promise<void> {
    if (this.#inputClosed) return;
    this.#inputClosed = true;
    await this.#input.close().catch(() => {});
  }

  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended.
    }
  }

  /** Closes stdin, asks the process to end, and waits until it has. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeInput();
    this.kill("SIGTERM");
    await this.status;
    await Promise.all([this.output.ended, this.errors.ended]);
  }
}

/** The lines of a stream, kept until somebody asks for them. */
export class Lines {
  /** All lines so far. */
  readonly seen: string[] = [];
  readonly ended: Promise<void>;
  #next = 0;
  #over = false;
  #arrived: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  /** The next line; fails when the stream ends or `limit` ms pass before it comes. */
  async next(limit = 15_000): Promise<string> {
    const line = await this.#atOrAfter(this.#next, () => true, limit);
    this.#next = line.index + 1;
    return line.text;
  }

  /** The next line as JSON. */
  // deno-lint-ignore no-explicit-any -- what tests look into has any shape
  async nextJson(limit?: number): Promise<any> {
    return JSON.parse(await this.next(limit));
  }

  /** The first line from the beginning that fulfils `condition`. */
  async find(condition: (line: string) => boolean, limit = 15_000): Promise<string> {
    return (await this.#atOrAfter(0, condition, limit)).text;
  }

  async #atOrAfter(
    start: number,
    condition: (line: string) => boolean,
    limit: number,
  ): Promise<{ index: number; text: string }> {
    const deadline = performance.now() + limit;
    for (let index = start;; index++) {
      while (index >= this.seen.length) {
        const left = deadline - performance.now();
        if (this.#over || left <= 0) {
          const why = this.#over ? "The stream has ended" : `Nothing came within ${limit} ms`;
          throw new Error(`${why}; the lines so far:\n${this.seen.join("\n")}`);
        }
        await this.#wait(left);
      }
      const text = this.seen[index];
      if (text !== undefined && condition(text)) return { index, text };
    }
  }

  async #wait(limit: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limit);
    await Promise.race([promise, this.#arrived.promise]);
    clearTimeout(timer);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    const lines = new LineSplitter(Infinity, () => {});
    for await (const chunk of stream) {
      for (const line of lines.push(chunk)) this.#add(decoder.decode(line));
    }
    const rest = lines.end();
    if (rest !== undefined && rest.length > 0) this.#add(decoder.decode(rest));
    this.#over = true;
    this.#notify();
  }

  #add(line: string): void {
    this.seen.push(line);
    this.#notify();
  }

  #notify(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }
}

/** Starts our program with these flags of `deno run` instead of `-A`. */
export function startProxyUnder(flags: readonly string[], args: readonly string[], options?: ProcessOptions): Process {
  return new Process([Deno.execPath(), "run", "--no-prompt", ...flags, MAIN, ...args], options);
}

/** Starts our program. */
export function startProxy(args: readonly string[], options?: ProcessOptions): Process {
  return new Process([...PROXY_COMMAND, ...args], options);
}

/** Starts `serve` and waits until it is online. */
export async function startServe(args: readonly string[], options?: ProcessOptions): Promise<Process> {
  const serve = startProxy(["serve", "--log-level", "info", ...args], options);
  try {
    // The open convention may be there first.
    const online = args.includes("--profile") ? / is online on / : / is online on [^$]/;
    await serve.errors.find((line) => online.test(line));
  } catch (error) {
    await serve[Symbol.asyncDispose]();
    throw error;
  }
  return serve;
}

/** The command of an MCP server among the fixtures. */
export function fixture(name: string): string[] {
  const file = fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
  return [Deno.execPath(), "run", "-A", file];
}
