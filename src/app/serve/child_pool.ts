/**
 * Server processes, started when they are needed or kept ready.
 *
 * @module
 */
import type { MessageOptions, ServeOptions, ServerEntry } from "../../config/mod.ts";
import { errorText } from "../../core/text.ts";
import type { Observer, ProxyEvent } from "../../core/events.ts";
import { redactor } from "../../core/redaction.ts";
import type { Credentials } from "../../core/secret.ts";
import { deliverCredentials } from "../../smcp/mod.ts";
import {
  childEnvironment,
  ChildProcess,
  type ChildProcessOptions,
  findCommand,
  lineTooLong,
  type OrphanWatch,
  whyNotFound,
} from "../../stdio/mod.ts";
import { ChildStarts } from "./child_starts.ts";

/** How the children of one server entry are started. */
export interface ChildPoolOptions {
  readonly entry: ServerEntry;
  readonly options: Pick<ServeOptions & MessageOptions, "passEnv" | "prewarm" | "maxMessage">;
  /** What the children, as SMCP servers, get before they speak MCP. */
  readonly credentials: Credentials | undefined;
  /** Ends the children when we are killed. @default {nobody} */
  readonly orphans?: OrphanWatch;
  /** How many children start at a time, where others start some too. @default {as many as there are cores} */
  readonly starts?: ChildStarts;
  readonly observe: Observer;
}

/**
 * Looks for the program of an entry: a server without one is not put on the broker, where clients would choose it.
 *
 * @returns what is to be told
 */
export async function lookForProgram(
  { name, command, environment, directory }: ServerEntry,
  passedVariables: readonly string[],
): Promise<ProxyEvent> {
  const found = await findCommand(command, childEnvironment(environment, passedVariables), directory);
  if (found !== undefined) return { type: "child.startable", server: name };
  return { type: "child.failed", server: name, cause: await whyNotFound(command, directory) };
}

/** A child, and the name its session gives it in the log. */
interface Named {
  readonly child: ChildProcess;
  name: string;
}

/** Whoever waits for a child that is for no client. */
const OURS = "";

/** The children of one server entry. Disposing of it ends those that wait for a session. */
export class ChildPool implements AsyncDisposable {
  readonly #options: ChildPoolOptions;
  readonly #ready = new Set<Named>();
  readonly #starts: ChildStarts;
  readonly #closing = Promise.withResolvers<void>();
  #closed = false;
  #refilling = false;

  constructor(options: ChildPoolOptions) {
    this.#options = options;
    this.#starts = options.starts ?? new ChildStarts();
    void this.#refill();
  }

  /**
   * A child for one session: at once, or when it is the turn of its client.
   *
   * @param client whose session it is
   * @param over resolves when the session is over
   * @returns `undefined` when the session was over before the child has started
   * @throws {Failure} `child-not-started`
   */
  take(
    session: string,
    client: string,
    over: Promise<unknown>,
  ): ChildProcess | Promise<ChildProcess | undefined> {
    const [spare] = this.#ready;
    if (spare === undefined) {
      const started = this.#starts.begin();
      return started === undefined ? this.#takeInTurn(session, client, over) : this.#startFor(session, started);
    }
    this.#ready.delete(spare);
    spare.name = session;
    // The session comes first: its messages are waiting.
    setTimeout(() => this.#refill(), 0);
    return spare.child;
  }

  /**
   * A child for no session, called `name` in the log; those that are ready stay so.
   *
   * @returns `undefined` when the pool is disposed of before
   * @throws {Failure} `child-not-started`
   */
  async startAnother(name: string): Promise<ChildProcess | undefined> {
    return await this.#takeInTurn(name, OURS, this.#closing.promise);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#closing.resolve();
    await Promise.all([...this.#ready].map(({ child }) => child.close()));
  }

  async #takeInTurn(name: string, client: string, over: Promise<unknown>): Promise<ChildProcess | undefined> {
    const started = this.#starts.begin() ?? await this.#starts.inTurn(client, over);
    return started && this.#startFor(name, started);
  }

  async #refill(): Promise<void> {
    if (this.#refilling) return;
    this.#refilling = true;
    while (!this.#closed && this.#ready.size < this.#options.options.prewarm) {
      const started = this.#starts.begin() ?? await this.#starts.inTurn(OURS, this.#closing.promise);
      if (started === undefined) break;
      try {
        const spare = this.#start(`${this.#options.entry.name} (spare)`, started);
        this.#ready.add(spare);
        void spare.child.closed.then(() => this.#ready.delete(spare));
      } catch (error) {
        // Whoever needs a child will be told; here nobody waits for one.
        this.#failed(error);
        break;
      }
    }
    this.#refilling = false;
  }

  #startFor(session: string, started: () => void): ChildProcess {
    try {
      return this.#start(session, started).child;
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  #failed(error: unknown): void {
    this.#options.observe({ type: "child.failed", server: this.#options.entry.name, cause: errorText(error) });
  }

  /** @param started called when the child has said something, or cannot be started */
  #start(name: string, started: () => void): Named {
    try {
      const named = this.#spawn(name, started);
      void named.child.closed.then(started);
      return named;
    } catch (error) {
      started();
      throw error;
    }
  }

  #spawn(name: string, started: () => void): Named {
    const { entry, options: { passEnv, maxMessage }, orphans, observe } = this.#options;
    let skippedBefore = false;
    const child = new ChildProcess({
      command: entry.command,
      args: entry.args,
      environment: childEnvironment(entry.environment, passEnv),
      ...(entry.directory === undefined ? {} : { directory: entry.directory }),
      ...(orphans === undefined ? {} : { orphans }),
      maxMessage,
      heard: started,
      stderr: (line) => observe({ type: "child.stderr", session: named.name, line }),
      lastWords: (lines) => lines.forEach((line) => observe({ type: "child.last_words", session: named.name, line })),
      skipped: (line) => {
        if (!skippedBefore) observe({ type: "line.skipped", source: named.name, bytes: line.length });
        skippedBefore = true;
      },
      tooLong: (length) => observe(lineTooLong(named.name, length, maxMessage)),
      ...this.#handshake(() => named.name),
    });
    const named: Named = { child, name };
    observe({ type: "child.started", server: entry.name, session: name, pid: child.pid });
    void child.closed.then((failure) => {
      if (failure?.reason === "child-exited" || failure?.reason === "child-not-started") {
        observe({ type: "child.exited", server: entry.name, session: named.name, cause: failure.message });
      }
    });
    return named;
  }

  #handshake(name: () => string): Pick<ChildProcessOptions, "opening" | "redact"> {
    const { credentials, observe } = this.#options;
    if (credentials === undefined) return {};
    return {
      opening: async (input, output) => {
        const skipped = (bytes: number) => observe({ type: "line.skipped", source: name(), bytes });
        const source = await deliverCredentials({ input, output, credentials, skipped });
        observe({ type: "credentials.sent", server: name(), keys: [...credentials.keys()].join(", ") });
        return source;
      },
      redact: redactor(credentials), // the child may repeat what it was given
    };
  }
}
