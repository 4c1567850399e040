/**
 * A channel that survives the loss of its sessions.
 *
 * @module
 */
import { ShortRuns } from "../core/backoff.ts";
import { failureResponses, requestsIn } from "../core/batch.ts";
import type { Channel, Receiver } from "../core/channel.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { orAborted, sleep } from "../core/waiting.ts";
import { Failure, type FailureReason } from "../core/failure.ts";
import type { RequestKey } from "../core/json_rpc.ts";
import type { Message } from "../core/message.ts";
import { AnsweringChannel, type AnsweringOptions } from "./answering_channel.ts";
import { HostSettings } from "./host_settings.ts";
import { Initialization } from "./initialization.ts";
import {
  cancellation,
  cancelledRequest,
  failureIn,
  INITIALIZE,
  isSessionEnd,
  listChangedNotifications,
} from "./mcp.ts";
import { PendingQueue } from "./pending_queue.ts";
import { Replay } from "./replay.ts";
import { isWithoutHandshake } from "./versions.ts";

/** Opens sessions with a remote server. */
export interface Dialer {
  /**
   * Opens a session as soon as a server is available.
   *
   * @throws {Failure} when waiting would not help
   */
  dial(signal: AbortSignal): Promise<Channel>;
  /** Why {@linkcode dial} is still waiting. */
  unavailableReason(): Failure;
  /** Asks to try at once, because a message waits for the session. */
  hurry?(): void;
}

/** How a {@linkcode RecoveringChannel} behaves. */
export interface RecoveringOptions extends AnsweringOptions {
  /** How long a message may wait for a session, in ms. */
  readonly connectTimeout: number;
  /** Called when a session has been lost. */
  readonly lost?: (failure: Failure) => void;
  /** Called for each dropped message that was not a request. */
  readonly dropped?: (message: Message, failure: Failure) => void;
  /** From 0 up to 1. @default {Math.random} */
  readonly random?: () => number;
}

/**
 * Reasons of a session's end that are no fault of the server. The next session is opened only when the host sends
 * something: the server has just freed what an idle host does not need.
 */
const ORDERLY_ENDS: readonly FailureReason[] = ["session-ended", "session-replaced"];

/**
 * How many requests of lost sessions are remembered, so that the host's late answers do not reach another server
 * process.
 */
const REMEMBERED_REQUESTS = 1_000;

/**
 * The channel of a host to a server that may be absent, or may be replaced by another process.
 *
 * It opens a session when there is a message to send. Requests wait for the session. If they wait too long, they are
 * answered with an error that says why.
 *
 * When a session is lost, its requests are answered with an error. They are not sent again, because they may have run.
 * Only requests that the server never saw are kept for the next session. Then a new session is opened, and the host's
 * `initialize` and settings are repeated in it.
 */
export class RecoveringChannel implements Channel {
  readonly closed: Promise<Failure | undefined>;
  readonly #dialer: Dialer;
  readonly #options: RecoveringOptions;
  readonly #clock: Clock;
  readonly #end: PromiseWithResolvers<Failure | undefined> = Promise.withResolvers();
  readonly #abort = new AbortController();
  readonly #initialization = new Initialization();
  readonly #settings = new HostSettings();
  readonly #waiting: PendingQueue;
  readonly #requestsOfServer = new Map<RequestKey, string>();
  readonly #staleRequests = new Set<RequestKey>();
  readonly #takenBack = new WeakSet<Message>();
  /**
   * The last `initialize` if the host has sent it into a session that it had used before. That session may be about to
   * end.
   */
  #reinitialization: Message | undefined;
  /** Requests sent here in the name of the host. Their answers are not for the host. */
  readonly #replayed = new WeakSet<Message>();
  /** Whether the server has been told that the host sends no more. */
  #inputEnded = false;
  /** Whether the host has used this session, also by a repeated `initialize`. */
  #used = false;
  #receiver: Receiver = () => {};
  #session: AnsweringChannel | undefined;
  #opening: Promise<void> | undefined;
  #openedAt = 0;
  readonly #sessions = new ShortRuns();
  #lostAt = 0;
  /** Why the last session was lost, until the next one is tried. */
  #loss: Failure | undefined;

  constructor(dialer: Dialer, options: RecoveringOptions) {
    this.#dialer = dialer;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#waiting = new PendingQueue(
      this.#clock,
      options.connectTimeout,
      (message) => this.#giveUp(message, this.#loss ?? this.#dialer.unavailableReason()),
    );
    this.closed = this.#end.promise;
  }

  receive(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  send(message: Message): Promise<void> | void {
    if (this.#abort.signal.aborted || this.#isStaleAnswer(message)) return;
    const session = this.#session;
    if (session !== undefined && !session.ended) return this.#forward(session, message);
    const cancelled = cancelledRequest(message);
    // Neither the request nor its cancellation is sent.
    if (cancelled !== undefined && this.#waiting.remove(cancelled)) return;
    const wait = this.#waiting.add(message);
    this.#dialer.hurry?.();
    // A session that has ended is about to be noticed as lost, and then the next one is opened.
    if (session === undefined) this.#opening ??= this.#open();
    return wait;
  }

  /** Half-closes the session once all waiting messages are sent. No further session is opened after that. */
  async end(): Promise<boolean> {
    await this.#waiting.whenEmpty();
    const session = this.#session;
    if (session === undefined || session.ended) return false;
    this.#inputEnded = await session.end();
    return this.#inputEnded;
  }

  async close(reason?: Failure): Promise<void> {
    this.#waiting.takeAll();
    this.#abort.abort(reason ?? new Failure("session-ended", "The host has ended the session"));
    await this.#opening;
    await this.#session?.close(reason);
    this.#end.resolve(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Resolves when no message waits and no request is pending. */
  async allAnswered(): Promise<void> {
    await this.#waiting.whenEmpty();
    await this.#session?.allAnswered();
  }

  #forward(session: AnsweringChannel, message: Message): Promise<void> | void {
    if (message.method === INITIALIZE && message.kind === "request") {
      this.#settings.clear();
      this.#reinitialization = this.#used ? message : undefined;
    }
    this.#used = true;
    this.#initialization.sent(message);
    this.#settings.sent(message);
    return session.send(message);
  }

  async #open(): Promise<void> {
    const { signal } = this.#abort;
    try {
      let session = await this.#begin(signal);
      while (session.ended) {
        await session.closed; // then #lost() has counted it
        session = await this.#begin(signal);
      }
      this.#session = session;
      for (const message of this.#waiting.takeAll()) void this.#forward(session, message);
    } catch (error) {
      const failure = error instanceof Failure ? error : new Failure("server-gone", String(error));
      for (const message of this.#waiting.takeAll()) this.#giveUp(message, failure);
    } finally {
      this.#opening = undefined;
    }
  }

  async #pauseAfterShortSession(signal: AbortSignal): Promise<void> {
    if (this.#sessions.count > 0) {
      const random = this.#options.random ?? Math.random;
      const due = this.#lostAt + this.#sessions.delay(random());
      await sleep(Math.max(0, due - this.#clock.now()), signal, this.#clock);
    }
    this.#loss = undefined;
  }

  /** Opens a new session, which may already have ended when this resolves. */
  async #begin(signal: AbortSignal): Promise<AnsweringChannel> {
    await this.#pauseAfterShortSession(signal);
    const session = new AnsweringChannel(await this.#dialer.dial(signal), {
      ...this.#options,
      takeBack: (request) => this.#takeBack(request),
    });
    this.#openedAt = this.#clock.now();
    void session.closed.then((failure) => this.#lost(session, failure));
    await this.#resume(session, signal);
    return session;
  }

  /**
   * Restores the state of the lost session in a new one, if the host had begun with `initialize`: repeats that, and the
   * settings that the host has made since. The session may end meanwhile.
   *
   * @throws {Failure} when the server refuses
   */
  async #resume(session: AnsweringChannel, signal: AbortSignal): Promise<void> {
    const first = this.#waiting.first;
    if (first !== undefined && isWithoutHandshake(first)) {
      this.#initialization.clear();
      this.#settings.clear();
    }
    const said = first?.method === INITIALIZE ? undefined : this.#initialization.messages;
    this.#used = said !== undefined;
    const replay = new Replay((request) => {
      this.#replayed.add(request);
      void session.send(request);
    });
    session.receive((message) => replay.takes(message) ? undefined : this.#received(message));
    if (said === undefined) return;
    const [request, initialized] = said;
    try {
      const answer = await orAborted(replay.initialize(request), signal);
      if (isSessionEnd(answer)) {
        await session.close(failureIn(answer));
        return void await session.closed; // then the next session is tried
      }
      if (initialized !== undefined) void session.send(initialized);
      for (const setting of this.#settings.messages) void replay.ask(setting);
      for (const change of listChangedNotifications(answer)) void this.#receiver(change);
    } catch (error) {
      await session.close(error instanceof Failure ? error : undefined);
      throw error;
    }
  }

  #received(message: Message): Promise<void> | void {
    if (this.#isForTheNextSession(message)) return;
    this.#initialization.received(message);
    this.#settings.received(message);
    const { kind, id, key } = message;
    if (kind === "request" && id !== undefined && key !== undefined) this.#requestsOfServer.set(key, id);
    return this.#receiver(message);
  }

  #lost(session: AnsweringChannel, cause: Failure | undefined): void {
    if (this.#abort.signal.aborted || (this.#session !== session && this.#session !== undefined)) return;
    if (this.#inputEnded) return this.#end.resolve(undefined);
    const failure = cause ?? new Failure("server-gone", "The server has ended the session");
    this.#session = undefined;
    this.#loss = failure;
    this.#lostAt = this.#clock.now();
    this.#sessions.ended(this.#lostAt - this.#openedAt);
    this.#options.lost?.(failure);
    if (this.#staleRequests.size > REMEMBERED_REQUESTS) this.#staleRequests.clear();
    for (const [key, id] of this.#requestsOfServer) {
      this.#staleRequests.add(key);
      void this.#receiver(cancellation(id, "The server that asked is gone"));
    }
    this.#requestsOfServer.clear();
    const idle = this.#initialization.messages === undefined || ORDERLY_ENDS.includes(failure.reason);
    if (!idle || this.#waiting.first !== undefined) this.#opening ??= this.#open();
  }

  /**
   * Keeps a request of a lost session for the next one, because it has not run. Only once: otherwise it might never be
   * answered.
   */
  #takeBack(request: Message): boolean {
    if (this.#inputEnded || this.#abort.signal.aborted) return false;
    if (this.#replayed.has(request) || this.#takenBack.has(request)) return false;
    this.#takenBack.add(request);
    void this.#waiting.add(request);
    return true;
  }

  /**
   * Whether this is the error for an `initialize` that was sent while its session ended. If so, the `initialize` is
   * kept for the next session. A host that first tries `server/discover` needs this when the server exits on that
   * unknown method.
   */
  #isForTheNextSession(message: Message): boolean {
    const request = this.#reinitialization;
    if (request === undefined || message.kind !== "response" || message.key !== request.key) return false;
    this.#reinitialization = undefined;
    return isSessionEnd(message) && this.#takeBack(request);
  }

  /** Whether this is the host's answer to a request of a lost session. */
  #isStaleAnswer(message: Message): boolean {
    const { kind, key } = message;
    if (kind !== "response" || key === undefined) return false;
    const isOfSession = this.#requestsOfServer.delete(key);
    return isOfSession ? this.#session?.ended === true : this.#staleRequests.delete(key);
  }

  #giveUp(message: Message, failure: Failure): void {
    const requests = requestsIn(message);
    for (const { method = "" } of requests) this.#options.failed?.({ method }, failure);
    for (const answer of failureResponses(failure, requests)) void this.#receiver(answer);
    if (requests.length === 0) this.#options.dropped?.(message, failure);
  }
}
