/**
 * Gives every session of a client its own server process.
 *
 * @module
 */
import type { Observer } from "../core/events.ts";
import { Failure } from "../core/failure.ts";
import type { Channel } from "../core/channel.ts";
import { AnsweringChannel, join } from "../relay/mod.ts";
import type { IncomingSession } from "../wire/mod.ts";
import { IdleWatch } from "./idle_watch.ts";

/** What a {@linkcode SessionHost} is made of. */
export interface SessionHostOptions {
  /** The server's name, for the log. */
  readonly server: string;
  /** How many sessions there may be, in all hosts that share this object. */
  readonly slots: SessionSlots;
  /** A session without a message for this long is ended, in ms. */
  readonly idleTimeout: number;
  /** Starts the server for a session. Throws a {@linkcode Failure} when it cannot. */
  readonly start: (session: string) => Channel;
  readonly observe: Observer;
}

/** A number of sessions that several hosts share. */
export class SessionSlots {
  readonly maximum: number;
  #used = 0;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** Takes a slot, if there is one. */
  take(): boolean {
    if (this.#used >= this.maximum) return false;
    this.#used++;
    return true;
  }

  release(): void {
    this.#used--;
  }
}

/** Runs the sessions of one server. Disposing of it waits until all their processes have ended. */
export class SessionHost implements AsyncDisposable {
  readonly #options: SessionHostOptions;
  readonly #running = new Set<Promise<void>>();

  constructor(options: SessionHostOptions) {
    this.#options = options;
  }

  /** Takes a session that a client has opened. */
  accept(session: IncomingSession): void {
    const { slots } = this.#options;
    if (!slots.take()) {
      const text = `All ${slots.maximum} sessions are in use; try again later, or raise --max-sessions`;
      this.#refuse(session, new Failure("too-many-sessions", text, { maximum: slots.maximum }));
      return;
    }
    const running = this.#run(session).finally(() => {
      slots.release();
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running);
  }

  async #run(session: IncomingSession): Promise<void> {
    const { server, start, observe, idleTimeout } = this.#options;
    let child: Channel;
    try {
      child = start(`${server}/${session.name}`);
    } catch (error) {
      this.#refuse(session, error instanceof Failure ? error : new Failure("child-not-started", String(error)));
      return;
    }
    observe({ type: "session.opened", server, session: session.name });
    const watched = new IdleWatch(session, idleTimeout);
    const { first, failure } = await join(
      watched,
      new AnsweringChannel(child, {
        failed: ({ method }, { reason, message }) =>
          observe({ type: "request.failed", method, reason, cause: message }),
      }),
    );
    const cause = failure?.message ?? (first === "left" ? "the client has left" : "the server process has ended");
    observe({ type: "session.ended", server, session: session.name, cause });
  }

  #refuse(session: IncomingSession, failure: Failure): void {
    const { server, observe } = this.#options;
    observe({ type: "session.refused", server, session: session.name, cause: failure.message });
    void session.close(failure);
  }
}
