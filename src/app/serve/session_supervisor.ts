/**
 * Giving every session a server process of its own.
 *
 * @module
 */
import type { EndOptions, ServeOptions } from "../../config/mod.ts";
import { sleep, waitAtMost } from "../../core/waiting.ts";
import type { Channel } from "../../core/channel.ts";
import { type Observer, placed } from "../../core/events.ts";
import { Failure } from "../../core/failure.ts";
import { AnsweringChannel, join, MeteredChannel, SlowPeerChannel } from "../../relay/mod.ts";
import type { IncomingSession } from "../../wire/mod.ts";
import type { ClientProcesses } from "./client_processes.ts";
import { defaultIdleTimeout, IdleWatch } from "./idle_watch.ts";
import { RestartPolicy } from "./restart_policy.ts";
import { SessionGate } from "./session_gate.ts";
import type { SessionSlots } from "./session_slots.ts";

/** The options of a {@linkcode SessionSupervisor}. */
export interface SessionSupervisorOptions {
  /** The server's name in the log. */
  readonly server: string;
  /** The limit of sessions, which several supervisors may share. */
  readonly slots: SessionSlots;
  /** The limits of each client's sessions and processes. */
  readonly clients: ClientProcesses;
  readonly options: Pick<ServeOptions, "maxPending" | "idleTimeout" | "restart"> & EndOptions;
  /**
   * Starts the server for a session of a client, at once or in its turn. Does not start it when the session is `over`
   * before. Throws a {@linkcode Failure} when it cannot be started.
   */
  readonly start: (
    session: string,
    client: string,
    over: Promise<unknown>,
  ) => Channel | Promise<Channel | undefined>;
  readonly observe: Observer;
  readonly meter: Observer | undefined;
  /** Whether `meter` needs the trace context of requests. @default {false} */
  readonly traced?: boolean;
}

/** A session with its process. */
interface Running {
  readonly gate: SessionGate;
  readonly server: AnsweringChannel;
}

/** Runs the sessions of one server. Disposing of it waits until all their processes have ended. */
export class SessionSupervisor implements AsyncDisposable {
  readonly #options: SessionSupervisorOptions;
  readonly #restart: RestartPolicy;
  readonly #sessions = new Set<Promise<void>>();
  readonly #running = new Set<Running>();
  /** Sessions whose process waits for its turn to start. */
  readonly #starting = new Set<IncomingSession>();
  readonly #abort = new AbortController();
  #draining: Failure | undefined;

  constructor(options: SessionSupervisorOptions) {
    this.#options = options;
    this.#restart = new RestartPolicy(options.options.restart);
  }

  /** Why a client can have no session called `name` now. */
  refusal(client: string, name: string): Failure | undefined {
    const { slots, clients } = this.#options;
    const failure = this.#draining ?? this.#restart.unavailableReason ?? slots.unavailableReason ??
      clients.unavailableReason(client);
    if (failure !== undefined) this.refused(name, failure);
    return failure;
  }

  /** Notes that a client gets no session called `session`. */
  refused(session: string, { reason, message: cause }: Failure): void {
    const { server, observe } = this.#options;
    observe({ type: "session.refused", server, session, reason, cause });
  }

  /** Takes a session that a client has opened in this profile. */
  accept(session: IncomingSession, profile: string): void {
    const { slots, clients } = this.#options;
    const client = session.client ?? "";
    const failure = this.refusal(client, session.name);
    if (failure !== undefined) return void session.close(failure);
    slots.take(session.closed);
    clients.admit(client, session.closed);
    const running = this.#runInTurn(session, profile).finally(() => this.#sessions.delete(running));
    this.#sessions.add(running);
  }

  /**
   * Accepts no more sessions and no more requests. Waits until the open requests are answered, and ends each session
   * when it has none.
   *
   * @param limit how long that may take, in ms; sessions that take longer are ended with their requests open
   */
  async drain(reason: Failure, limit: number): Promise<void> {
    this.#draining = reason;
    this.#abort.abort(reason);
    for (const session of this.#starting) this.#refuse(session, reason);
    await Promise.all([...this.#running].map(async ({ gate, server }) => {
      gate.refuse(reason);
      await waitAtMost(server.allAnswered(), limit);
      await gate.close(reason);
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#sessions);
  }

  /**
   * Runs a session. Its process counts for the verified client id. Without one it counts for the session's name, which
   * tells where the answers go.
   */
  async #runInTurn(session: IncomingSession, profile: string): Promise<void> {
    const { clients } = this.#options;
    const client = session.client || `/${session.name}`;
    const done = clients.start(client) ?? await clients.whenStarted(client, session.closed);
    if (done === undefined) return;
    await this.#run(session, client, profile).finally(done);
  }

  async #run(session: IncomingSession, owner: string, profile: string): Promise<void> {
    const { server: name, slots, observe, meter, traced = false, options } = this.#options;
    const { idleTimeout, maxPending, endTimeout } = options;
    const { delay } = this.#restart;
    if (delay > 0) await this.#pause(session, delay);
    const starting = this.#start(session, owner);
    const child = starting instanceof Promise ? await starting : starting;
    if (child === undefined) return;
    const place = { server: name, profile, session: session.name };
    observe({ type: "session.opened", ...place });
    const metered = meter && placed(meter, place);
    const since = performance.now();
    const server = new AnsweringChannel(child, {
      observe: metered,
      traced,
      failed: ({ method }, { reason, message }) =>
        observe({ type: "request.failed", ...place, method, reason, cause: message }),
    });
    const client = metered === undefined ? session : new MeteredChannel(session, metered);
    const idle = new IdleWatch(
      client,
      idleTimeout ?? defaultIdleTimeout(session),
      () => server.busy && mayWait(session),
    );
    const giveUpPlace = isTold(session)
      ? slots.add({ quietSince: () => idle.quietSince, doubt: () => session.doubt?.() })
      : () => {};
    const gate = new SessionGate(idle, () => server.pending, maxPending);
    const running = { gate, server };
    this.#running.add(running);
    const reader = new SlowPeerChannel(gate);
    const { first, failure } = await join(reader, server, {
      linger: () => reader.waitAtMost(Promise.race([server.idle(), server.closed, gate.closed]), endTimeout),
    });
    this.#running.delete(running);
    giveUpPlace();
    if (first === "right" && failure !== undefined) this.#exited(failure, performance.now() - since);
    else this.#restart.ended();
    const cause = failure?.message ?? (first === "left" ? "the client has left" : "the server process has ended");
    observe({ type: "session.ended", ...place, cause });
  }

  #exited(failure: Failure, lived: number): void {
    const { server, observe } = this.#options;
    const before = this.#restart.unavailableReason;
    this.#restart.exited(failure, lived);
    const { unavailableReason } = this.#restart;
    if (unavailableReason !== undefined && before === undefined) {
      observe({ type: "child.failed", server, cause: unavailableReason.message });
    }
  }

  /** Waits before the next start of a server that keeps exiting; not while draining. */
  async #pause(session: IncomingSession, delay: number): Promise<void> {
    const { server, observe } = this.#options;
    observe({ type: "child.delayed", session: `${server}/${session.name}`, delay });
    await sleep(delay, this.#abort.signal).catch(() => {});
  }

  /** The session's process; `undefined` when there is none, because the session got an error or is over. */
  #start(session: IncomingSession, client: string): Channel | undefined | Promise<Channel | undefined> {
    try {
      if (this.#draining !== undefined) throw this.#draining;
      const child = this.#options.start(`${this.#options.server}/${session.name}`, client, session.closed);
      return child instanceof Promise ? this.#startInTurn(session, child) : child;
    } catch (error) {
      return this.#refuse(session, error);
    }
  }

  async #startInTurn(session: IncomingSession, starting: Promise<Channel | undefined>): Promise<Channel | undefined> {
    this.#starting.add(session);
    try {
      const child = await starting;
      if (this.#draining === undefined) return child;
      void child?.close();
    } catch (error) {
      return this.#refuse(session, error);
    } finally {
      this.#starting.delete(session);
    }
  }

  #refuse(session: IncomingSession, error: unknown): undefined {
    const failure = error instanceof Failure ? error : new Failure("child-not-started", String(error));
    this.refused(session.name, failure);
    void session.close(failure);
  }
}

/** Whether the broker or a watcher reports when the client of a session is gone. */
function isTold({ watched, hasWill }: IncomingSession): boolean {
  return watched === true || hasWill === true;
}

/**
 * Whether a client may wait for an answer for any time. It may not if nobody would report that it is gone. A client
 * that numbers its messages is asked as well, which costs it nothing: the report might have been lost.
 */
function mayWait(session: IncomingSession): boolean {
  if (session.watched === true) session.doubt?.();
  return isTold(session);
}
