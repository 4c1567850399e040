/**
 * The client side of the open convention.
 *
 * @module
 */
import { backoff } from "../../core/backoff.ts";
import type { Channel } from "../../core/channel.ts";
import { systemClock } from "../../core/clock.ts";
import { sleep } from "../../core/waiting.ts";
import { Failure } from "../../core/failure.ts";
import { unavailableReason } from "../../mqtt/mod.ts";
import type { ClientOptions, MakeLink, ProfileDialer } from "../profile.ts";
import { ClientConnection, type ClockAndRandom } from "./client_connection.ts";
import type { ClientSession } from "./client_session.ts";
import { SilentInstances } from "./liveness.ts";
import { NegotiatedSession } from "./version_negotiation.ts";

/** Opens sessions with the instances of one server: one at a time, each on a connection of its own. */
export class McpOverMqttClient implements ProfileDialer {
  readonly #makeLink: MakeLink;
  readonly #options: ClientOptions;
  readonly #clockAndRandom: ClockAndRandom;
  readonly #silent = new SilentInstances();
  /** A connection that has not been used for a session. */
  #spare: ClientConnection | undefined;
  /** The latest session. */
  #session: ClientSession | undefined;
  #lostConnection = false;

  /** @param chance by default the system's clock, and `Math.random` */
  constructor(
    makeLink: MakeLink,
    options: ClientOptions,
    { clock = systemClock, random = Math.random }: Partial<ClockAndRandom> = {},
  ) {
    this.#makeLink = makeLink;
    this.#options = options;
    this.#clockAndRandom = { clock, random };
    this.#spare = this.#connect();
  }

  async dial(signal: AbortSignal): Promise<Channel> {
    return new NegotiatedSession(await this.#open(signal), (signal) => this.#openInTime(signal));
  }

  async #open(signal: AbortSignal): Promise<ClientSession> {
    while (true) {
      if (this.#spare === undefined) await this.#pauseAfterLoss(signal);
      const connection = this.#spare ??= this.#connect();
      const serverId = await connection.find(signal);
      this.#spare = undefined;
      const session = this.#session = await connection.open(serverId);
      if (session.ended) continue; // the connection was lost meanwhile
      void session.closed.then((failure) => this.#learn(session, failure));
      return session;
    }
  }

  async #openInTime(signal: AbortSignal): Promise<ClientSession> {
    const late = new AbortController();
    const cancel = this.#clockAndRandom.clock.after(
      this.#options.connectTimeout,
      () => late.abort(this.unavailableReason()),
    );
    try {
      return await this.#open(AbortSignal.any([signal, late.signal]));
    } finally {
      cancel();
    }
  }

  unavailableReason(): Failure {
    const { serverName } = this.#options;
    const state = this.#spare?.state;
    if (state === undefined && this.#session?.ended === false) {
      return new Failure("server-not-responding", `The server "${serverName}" has not answered yet`, {
        instance: this.#session.serverId,
      });
    }
    if (state === undefined) {
      return new Failure("broker-unreachable", "The connection to the broker is being made anew");
    }
    if (state.status !== "online") return unavailableReason(state);
    return this.#spare?.failure ?? new Failure(
      "no-server-online",
      `No server named "${serverName}" is online; mcp-mqtt-proxy list shows who is`,
      { server: serverName },
    );
  }

  hurry(): void {
    this.#spare?.hurry();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spare?.close();
  }

  #connect(): ClientConnection {
    return new ClientConnection(this.#makeLink, this.#options, this.#silent, this.#clockAndRandom);
  }

  /** When a broker restarts, all its clients reconnect. Random pauses spread them. */
  async #pauseAfterLoss(signal: AbortSignal): Promise<void> {
    if (this.#lostConnection) {
      await sleep(backoff(1, this.#clockAndRandom.random()), signal, this.#clockAndRandom.clock);
    }
    this.#lostConnection = false;
  }

  #learn({ serverId }: ClientSession, failure: Failure | undefined): void {
    if (failure?.reason === "broker-unreachable") this.#lostConnection = true;
    if (failure?.reason === "server-not-responding" || failure?.reason === "session-ended") {
      this.#silent.add(serverId);
    }
  }
}
