/**
 * The presence of a server in the open convention.
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Observer } from "../../core/events.ts";
import type { MqttLink } from "../../mqtt/mod.ts";
import { encodeOnline, type Online } from "../notifications.ts";
import { publishProperties } from "./messages.ts";

const REMEDY = "if it keeps topics with $ for itself, add --topic-prefix PREFIX, the same at every peer, or do " +
  "without: --profile request-response";

/** After this many connections in a row that ended over the presence, a warning says so. */
const LOSSES_BEFORE_WARNING = 2;

/** How long a message of the server to itself may take, in ms. */
const TRAVEL_TIME = 5_000;

/** The options of a {@linkcode ServerPresence}. */
export interface ServerPresenceOptions {
  readonly link: MqttLink;
  /** The topic of the presence. */
  readonly topic: string;
  /** The control topic of the server. */
  readonly control: string;
  readonly observe: Observer;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/** The presence of one server on one link. */
export class ServerPresence {
  readonly #options: ServerPresenceOptions;
  #announcing: AbortController | undefined;
  #reached: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;
  #losses = 0;

  constructor(options: ServerPresenceOptions) {
    this.#options = options;
  }

  /**
   * Publishes that the server is online, and checks that messages reach it. FlashMQ acknowledges messages on topics
   * with `$`, but drops them.
   *
   * @param announced called when the broker has the presence, and delivers messages to the server
   */
  announce(online: Online, announced: () => void): void {
    this.#announcing = new AbortController();
    const { signal } = this.#announcing;
    const done = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    this.#reached = reached.resolve;
    void this.#publish(encodeOnline(online), done.resolve, signal);
    this.#testDelivery(signal);
    void Promise.all([done.promise, reached.promise]).then(() => {
      this.#losses = 0;
      if (!signal.aborted) announced();
    });
  }

  /** Publishes a changed description of the server, which is online. */
  update(online: Online): void {
    void this.#publish(encodeOnline(online), () => {});
  }

  /** The server has received its own message. */
  delivered(): void {
    this.#cancelTimer?.();
    this.#reached?.();
    this.#reached = undefined;
  }

  /** Removes the presence. */
  clear(): Promise<void> | void {
    this.#cancelTimer?.();
    return this.#publish(new Uint8Array(), () => {});
  }

  #testDelivery(signal: AbortSignal): void {
    const { link, control: topic, observe, clock = systemClock } = this.#options;
    const properties = publishProperties("mcp-server", link.clientId);
    this.#cancelTimer?.();
    this.#cancelTimer = clock.after(TRAVEL_TIME, () => {
      const text = `the broker takes messages to "${topic}", but does not deliver them; ${REMEDY}`;
      observe({ type: "warning", text });
    });
    void link.publish({ topic, payload: new Uint8Array(), qos: 1, properties }, (failure) => {
      // A server that may subscribe to this topic may not be allowed to publish to it.
      if (failure !== undefined) this.delivered();
    }, signal);
  }

  /** The connection is lost. The next one needs an announcement of its own. */
  connectionLost(): void {
    this.#cancelTimer?.();
    this.#reached = undefined;
    if (this.#announcing === undefined) return;
    this.#announcing.abort();
    this.#announcing = undefined;
    if (++this.#losses === LOSSES_BEFORE_WARNING) {
      const { topic, observe } = this.#options;
      observe({ type: "warning", text: `the broker closes the connection over a message to "${topic}"; ${REMEDY}` });
    }
  }

  #publish(payload: Uint8Array, published: () => void, signal?: AbortSignal): Promise<void> | void {
    const { link, topic, observe } = this.#options;
    const properties = publishProperties("mcp-server", link.clientId);
    return link.publish({ topic, payload, qos: 1, retain: true, properties }, (failure) => {
      this.#announcing = undefined;
      if (failure === undefined || failure.reason === "no-server-online") return published();
      observe({ type: "publish.failed", topic, cause: failure.message });
    }, signal);
  }
}
