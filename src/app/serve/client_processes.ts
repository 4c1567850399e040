/**
 * Limiting the sessions and processes of each client.
 *
 * A process may outlive its session by some seconds, until it notices that its stdin is closed. So without a limit, a
 * client that opens one session after the other could use up the processes of all clients.
 *
 * @module
 */
import { Failure } from "../../core/failure.ts";

/**
 * The most processes of one client: that of its newest session, and that of the previous one, which is about to end.
 */
const PROCESSES_PER_CLIENT = 2;

/** A counter for each client. */
class Counts {
  readonly #counts = new Map<string, number>();

  of(client: string): number {
    return this.#counts.get(client) ?? 0;
  }

  add(client: string, difference: 1 | -1): void {
    const count = this.of(client) + difference;
    if (count === 0) this.#counts.delete(client);
    else this.#counts.set(client, count);
  }
}

/** The sessions and processes of all clients. */
export class ClientProcesses {
  readonly #maximumSessions: number;
  readonly #tooMany: Failure;
  readonly #maximumProcesses: number;
  readonly #sessions = new Counts();
  readonly #processes = new Counts();
  #running = 0;
  #ended = Promise.withResolvers<void>();

  /**
   * @param maximumSessions sessions of one client at a time
   * @param maximumProcesses processes of all clients at a time
   */
  constructor(maximumSessions: number, maximumProcesses: number) {
    this.#maximumSessions = maximumSessions;
    const text = `This client has ${maximumSessions} sessions already; end one, or raise --max-sessions-per-client`;
    this.#tooMany = new Failure("too-many-sessions", text);
    this.#maximumProcesses = maximumProcesses;
  }

  /** Why a client can have no session now. */
  unavailableReason(client: string): Failure | undefined {
    return this.#sessions.of(client) < this.#maximumSessions ? undefined : this.#tooMany;
  }

  /** Counts a session of a client until `end` resolves. */
  admit(client: string, end: Promise<unknown>): void {
    this.#sessions.add(client, 1);
    void end.then(() => this.#sessions.add(client, -1));
  }

  /**
   * Counts a process until the returned function is called; `undefined` when the client or all clients have too many.
   */
  start(client: string): (() => void) | undefined {
    if (this.#processes.of(client) >= PROCESSES_PER_CLIENT || this.#running >= this.#maximumProcesses) return undefined;
    this.#running++;
    this.#processes.add(client, 1);
    return () => this.#done(client);
  }

  /**
   * Waits until a client may have another process.
   *
   * @param over resolves when the process is not wanted any more
   * @returns the function of {@linkcode start}; `undefined` when the process is not wanted any more
   */
  async whenStarted(client: string, over: Promise<unknown>): Promise<(() => void) | undefined> {
    let isWanted = true;
    void over.then(() => isWanted = false);
    while (isWanted) {
      await Promise.race([this.#ended.promise, over]);
      const done = isWanted ? this.start(client) : undefined;
      if (done !== undefined) return done;
    }
    return undefined;
  }

  #done(client: string): void {
    this.#running--;
    this.#processes.add(client, -1);
    this.#ended.resolve();
    this.#ended = Promise.withResolvers();
  }
}
