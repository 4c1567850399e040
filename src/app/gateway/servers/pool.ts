/**
 * Sessions with servers, opened when they are used and ended when they are not.
 *
 * @module
 */
import { type Clock, systemClock } from "../../../core/clock.ts";
import { orLate } from "../../../core/waiting.ts";
import { Failure } from "../../../core/failure.ts";
import type { Connections } from "./connections.ts";
import type { FleetDirectory, FleetServer } from "./directory.ts";
import type { ServerSession } from "./server_session.ts";

/** What a {@linkcode SessionPool} is made of. */
export interface PoolConfig {
  readonly directory: Pick<FleetDirectory, "get">;
  readonly connections: Pick<Connections, "takesConnection">;
  /** Opens a session, unless the signal is aborted before it is open. */
  readonly open: (server: FleetServer, signal: AbortSignal) => Promise<ServerSession>;
  /** In ms. */
  readonly idleTimeout: number;
  /** The most sessions at a time that need a connection of their own. */
  readonly maxConnections: number;
  /** How long {@linkcode SessionPool.use} waits for such a connection, in ms. */
  readonly connectionTimeout: number;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/** The most unused sessions. Of more, those unused for longest are ended. */
const MOST_UNUSED = 256;

/** How long opening a session may take, in ms. The server may have to fetch its program first. */
const LONGEST_OPENING = 300_000;
const LATE = `The server has not opened a session within ${LONGEST_OPENING / 1_000} s`;

/** Why sessions end. */
const GONE = "the server has gone";
const ENDED = "the gateway has ended";

interface Entry {
  readonly server: string;
  readonly session: Promise<ServerSession>;
  /** Cancels the opening. */
  readonly giveUp: (cause: string) => void;
  readonly connected: boolean;
  uses: number;
  cancelIdle?: () => void;
}

/** The sessions of a gateway, at most one with each server. Disposing of it ends them. */
export class SessionPool implements AsyncDisposable {
  readonly #config: PoolConfig;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  /** Sessions that are being closed. The next session with the same server waits for it. */
  readonly #closing = new Map<string, Promise<void>>();
  #freed: PromiseWithResolvers<void> = Promise.withResolvers();
  #disposed = false;

  constructor(config: PoolConfig) {
    this.#config = config;
  }

  /** Runs `work` with each session, as soon as it is open. Errors are ignored. */
  tell(work: (session: ServerSession) => Promise<unknown>): void {
    for (const { session } of this.#entries.values()) void session.then(work).catch(() => {});
  }

  /**
   * Runs `work` with the session of a server. Opens a session if there is none.
   *
   * @throws {Failure} when the server is not online, or no connection is free
   * @throws what opening the session or `work` rejects with
   */
  async use<T>(server: string, work: (session: ServerSession) => Promise<T>): Promise<T> {
    const entry = await this.#take(server);
    try {
      return await work(await entry.session);
    } finally {
      if (--entry.uses === 0) this.#rest(entry);
    }
  }

  /** Ends the session with a server that has gone, unless it is in use: the user may wait for the server's return. */
  gone(server: string): void {
    const entry = this.#entries.get(server);
    if (entry?.uses === 0) void this.#close(entry, GONE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#entries.values()].map((entry) => this.#close(entry, ENDED)));
    await Promise.all(this.#closing.values());
  }

  async #take(name: string): Promise<Entry> {
    const { directory, connections, open, clock = systemClock } = this.#config;
    while (true) {
      await this.#closing.get(name);
      const known = this.#entries.get(name);
      if (known !== undefined) return this.#used(known);
      if (this.#disposed) throw new Failure("session-ended", ENDED);
      const server = directory.get(name);
      if (server === undefined) {
        throw new Failure("no-server-online", "No server of this name is online", { server: name });
      }
      const connected = connections.takesConnection(server);
      if (connected && !this.#makeRoom()) {
        await this.#wait();
        continue;
      }
      const abort = new AbortController();
      const cancelLate = clock.after(LONGEST_OPENING, () => abort.abort(new Failure("server-not-responding", LATE)));
      const giveUp = (cause: string) => abort.abort(new Failure("session-ended", cause));
      const entry: Entry = { server: name, connected, uses: 0, session: open(server, abort.signal), giveUp };
      entry.session.then(cancelLate, () => {
        cancelLate();
        if (this.#entries.get(name) === entry) this.#entries.delete(name);
        this.#freedBy(entry);
      });
      return this.#used(entry);
    }
  }

  #used(entry: Entry): Entry {
    entry.cancelIdle?.();
    entry.uses++;
    this.#entries.delete(entry.server);
    this.#entries.set(entry.server, entry);
    return entry;
  }

  /** Whether one more connection may be made. If necessary, ends the session that was unused for longest. */
  #makeRoom(): boolean {
    const connected = [...this.#entries.values()].filter((entry) => entry.connected);
    if (connected.length < this.#config.maxConnections) return true;
    const unused = connected.find(({ uses }) => uses === 0);
    if (unused === undefined) return false;
    void this.#close(unused, "another session needs its connection (--max-connections)");
    return true;
  }

  async #wait(): Promise<void> {
    const { connectionTimeout, maxConnections, clock = systemClock } = this.#config;
    // The time starts again whenever a connection becomes free.
    const text = `All ${maxConnections} connections for sessions of their own are in use (--max-connections)`;
    const late = () => {
      throw new Failure("too-many-sessions", text);
    };
    await orLate(this.#freed.promise, connectionTimeout, late, { clock });
  }

  #rest(entry: Entry): void {
    this.#freedBy(entry);
    if (this.#entries.get(entry.server) !== entry) return;
    if (this.#config.directory.get(entry.server) === undefined) return void this.#close(entry, GONE);
    const { idleTimeout, clock = systemClock } = this.#config;
    const idle = `it was not used for ${idleTimeout / 1_000} s (--idle-timeout)`;
    if (idleTimeout !== Infinity) entry.cancelIdle = clock.after(idleTimeout, () => void this.#close(entry, idle));
    const unused = [...this.#entries.values()].filter(({ uses }) => uses === 0);
    const many = `more than ${MOST_UNUSED} sessions are not used`;
    for (const oldest of unused.slice(0, Math.max(0, unused.length - MOST_UNUSED))) void this.#close(oldest, many);
  }

  async #close(entry: Entry, cause: string): Promise<void> {
    entry.cancelIdle?.();
    if (this.#entries.get(entry.server) !== entry) return;
    this.#entries.delete(entry.server);
    entry.giveUp(cause);
    const closed = entry.session.then((session) => session.close(cause)).catch(() => {});
    this.#closing.set(entry.server, closed);
    await closed;
    this.#closing.delete(entry.server);
    this.#freedBy(entry);
  }

  /** Wakes those who wait for a connection, if this session had one. */
  #freedBy({ connected }: Entry): void {
    if (!connected) return;
    this.#freed.resolve();
    this.#freed = Promise.withResolvers();
  }
}
