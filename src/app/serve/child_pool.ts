/**
 * Server processes, started on demand or in advance.
 *
 * @module
 */
import type { MessageOptions, ServeOptions, ServerEntry } from "../../config/mod.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
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

/** The options of a {@linkcode ChildPool}. */
export interface ChildPoolOptions {
  readonly entry: ServerEntry;
  readonly options: Pick<ServeOptions & MessageOptions, "passEnv" | "prewarm" | "maxMessage">;
  /** The credentials that the children get by SMCP, before MCP. */
  readonly credentials: Credentials | undefined;
  /** Ends the children if this process is killed. @default {none} */
  readonly orphans?: OrphanWatch;
  /** How many children start at a time, where others start some too. @default {as many as there are cores} */
  readonly starts?: ChildStarts;
  readonly observe: Observer;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/**
 * Looks for the program of an entry. A server without its program must not be put on the broker, where clients would
 * choose it.
 *
 * @returns what to tell the user
 */
export async function lookForProgram(
  { name, command, environment, directory }: ServerEntry,
  passedVariables: readonly string[],
): Promise<ProxyEvent> {
  const found = await findCommand(command, childEnvironment(environment, passedVariables), directory);
  if (found !== undefined) return { type: "child.startable", server: name };
  return { type: "child.failed", server: name, cause: await whyNotFound(command, directory) };
}

/** A child, with the name of its session for the log. */
interface Named {
  readonly child: ChildProcess;
  name: string;
}

/**
 * How long after a spare child was taken the next one is started, in ms. A process that starts uses a core for a while.
 * The first answers of the session come before it.
 */
const REFILL_DELAY = 100;

/** The client name for children that do not belong to a client. */
const OURS = "";

/** The children of one server entry. Disposing of it ends the children without a session. */
export class ChildPool implements AsyncDisposable {
  readonly #options: ChildPoolOptions;
  readonly #ready = new Set<Named>();
  readonly #starts: ChildStarts;
  readonly #clock: Clock;
  readonly #closing = Promise.withResolvers<void>();
  #closed = false;
  #refilling = false;
  #cancelRefill: (() => void) | undefined;

  constructor(options: ChildPoolOptions) {
    this.#options = options;
    this.#starts = options.starts ?? new ChildStarts();
    this.#clock = options.clock ?? systemClock;
    void this.#refill();
  }

  /**
   * A child for one session: at once, or when it is the client's turn.
   *
   * @param client the client that has the session
   * @param over resolves when the session is over
   * @returns `undefined` when the session was over before the child could be started
   * @throws {Failure} `child-not-started` when the child cannot be started
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
    this.#cancelRefill ??= this.#clock.after(REFILL_DELAY, () => void this.#refill());
    return spare.child;
  }

  /**
   * A child without a session, called `name` in the log. The spare children are left alone.
   *
   * @returns `undefined` when the pool is disposed of first
   * @throws {Failure} `child-not-started` when the child cannot be started
   */
  async startAnother(name: string): Promise<ChildProcess | undefined> {
    return await this.#takeInTurn(name, OURS, this.#closing.promise);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#closing.resolve();
    this.#cancelRefill?.();
    await Promise.all([...this.#ready].map(({ child }) => child.close()));
  }

  async #takeInTurn(name: string, client: string, over: Promise<unknown>): Promise<ChildProcess | undefined> {
    const started = this.#starts.begin() ?? await this.#starts.inTurn(client, over);
    return started && this.#startFor(name, started);
  }

  async #refill(): Promise<void> {
    this.#cancelRefill = undefined;
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
        // Nobody waits for this child. A session that needs one will get the error.
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

  /** @param started called when the child has written something, has ended or cannot be started */
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
      redact: redactor(credentials), // the child may print its credentials
    };
  }
}
