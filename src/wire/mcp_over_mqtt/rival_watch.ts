/**
 * Noticing another server with the same client id.
 *
 * Whenever one of the two connects, the broker closes the connection of the other (MQTT 5.0, section 3.1.4-3).
 * mosquitto 2.0 does not send a reason code for that.
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";
import { ShortRuns } from "../../core/backoff.ts";
import type { Observer } from "../../core/events.ts";
import type { MqttLink } from "../../mqtt/mod.ts";
import { decodeOnline } from "../notifications.ts";
import type { MakeLink } from "../profile.ts";
import { connectProperties, goodbye } from "./messages.ts";
import type { ServerInstance, Topics } from "./topics.ts";

/** This many short connections in a row are no coincidence. */
const CONCLUSIVE = 4;

/** How long to look for the other server, in ms. */
const CHECK_TIMEOUT = 60_000;

/** The options of a {@linkcode RivalWatch}. */
export interface RivalWatchOptions {
  readonly makeLink: MakeLink;
  readonly topics: Topics;
  readonly server: ServerInstance;
  /** When this server came online, as in its presence. */
  readonly since: string;
  readonly clientInfo: Readonly<Record<string, unknown>>;
  readonly observe: Observer;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/**
 * After several short connections, reads the presence on a connection of its own, to see whether another server wrote
 * it.
 */
export class RivalWatch implements AsyncDisposable {
  readonly #options: RivalWatchOptions;
  readonly #clock: Clock;
  #onlineSince = -Infinity;
  readonly #connections = new ShortRuns();
  #link: MqttLink | undefined;
  /** The last warning, so that it is not repeated. */
  #told = "";
  #cancel = () => {};

  constructor(options: RivalWatchOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** The server's connection is online. */
  online(): void {
    this.#onlineSince = this.#clock.now();
  }

  /** The server's connection is lost, if it was online. */
  lost(): void {
    if (this.#onlineSince === -Infinity) return;
    this.#connections.ended(this.#clock.now() - this.#onlineSince);
    this.#onlineSince = -Infinity;
    if (this.#connections.count >= CONCLUSIVE) this.#check();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel();
    await this.#link?.close();
  }

  #check(): void {
    if (this.#link !== undefined) return;
    const { makeLink, topics, server, clientInfo } = this.#options;
    const clientId = `${server.serverId}-${crypto.randomUUID().slice(0, 8)}`;
    this.#link = makeLink({
      clientId,
      protocolVersion: 5,
      userProperties: connectProperties("mcp-client", clientInfo),
      will: goodbye(topics, clientId),
    });
    void this.#link.subscribe({
      filter: topics.serverPresence(server),
      qos: 1,
      handler: ({ payload }) => this.#onPresence(payload),
      refused: () => this.#end(),
    });
    this.#link.open();
    this.#cancel = this.#clock.after(CHECK_TIMEOUT, () => this.#end());
  }

  #end(): void {
    this.#connections.reset();
    this.#cancel();
    void this.#link?.close();
    this.#link = undefined;
  }

  #onPresence(payload: Uint8Array): void {
    const { since, server: { serverId }, observe } = this.#options;
    const other = new Date(String(decodeOnline(payload)?.meta?.since));
    if (Number.isNaN(other.valueOf()) || other.toISOString() === new Date(since).toISOString()) return;
    const text =
      `another server, which was started at ${other.toISOString()}, has the client id "${serverId}" too, so ` +
      "that the broker ends the connection of each when the other connects: give each its own by --client-id";
    if (text !== this.#told) observe({ type: "warning", text });
    this.#told = text;
    this.#end();
  }
}
