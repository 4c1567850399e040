/**
 * How many sessions and processes one client may have.
 *
 * A process does not end with its session at once: it may take some seconds to notice that its stdin is closed. So a
 * client that opens one session after the other could have any number of processes, and the sessions of all others.
 *
 * @module
 */

/** Processes of one client at a time: that of its newest session, and that of the one before, which is about to end. */
const PROCESSES_PER_CLIENT = 2;

/** Counts by client. */
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
    this.#maximumProcesses = maximumProcesses;
  }

  /** Notes a session that begins, until `end` resolves. `false` when its client has as many as it may have. */
  admit(client: string, end: Promise<unknown>): boolean {
    if (this.#sessions.of(client) >= this.#maximumSessions) return false;
    this.#sessions.add(client, 1);
    void end.then(() => this.#sessions.add(client, -1));
    return true;
  }

  /** What a client is told that has as many sessions as it may have. */
  get full(): string {
    return `This client has ${this.#maximumSessions} sessions already; end one, or raise --max-sessions-per-client`;
  }

  /** Notes a process that is about to start, until what is returned is called; `undefined` when there is no room for it. */
  start(client: string): (() => void) | undefined {
    if (this.#processes.of(client) >= PROCESSES_PER_CLIENT || this.#running >= this.#maximumProcesses) return undefined;
    this.#running++;
    this.#processes.add(client, 1);
    return () => this.#done(client);
  }

  /**
   * Waits until there is room for a process of a client.
   *
   * @param over resolves when the process is not wanted any more
   * @returns as {@linkcode start} does; `undefined` when the process is not wanted any more
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
