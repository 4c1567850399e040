/**
 * How a server of the open convention shows that it is there.
 *
 * @module
 */
import type { Observer } from "../../core/events.ts";
import type { MqttLink } from "../../mqtt/mod.ts";
import { encodeOnline, type Online } from "../notifications.ts";
import { publishProperties } from "./messages.ts";

/** After so many connections in a row that did not survive it, the presence is taken to be the cause. */
const LOSSES_BEFORE_WARNING = 2;

/** The presence of one server on one link. */
export class ServerPresence {
  readonly #link: MqttLink;
  readonly #topic: string;
  readonly #observe: Observer;
  #announcing: AbortController | undefined;
  #losses = 0;

  constructor(link: MqttLink, topic: string, observe: Observer) {
    this.#link = link;
    this.#topic = topic;
    this.#observe = observe;
  }

  /**
   * Says that the server is online.
   *
   * @param announced told when the broker has it
   */
  announce(online: Online, announced: () => void): void {
    this.#announcing = new AbortController();
    void this.#publish(encodeOnline(online), () => {
      this.#losses = 0;
      announced();
    }, this.#announcing.signal);
  }

  /** Says that the server is going. */
  clear(): Promise<void> | void {
    return this.#publish(new Uint8Array(), () => {});
  }

  /** Takes note that the connection is lost: the next one gets an announcement of its own. */
  connectionLost(): void {
    if (this.#announcing === undefined) return;
    this.#announcing.abort();
    this.#announcing = undefined;
    if (++this.#losses === LOSSES_BEFORE_WARNING) {
      const text =
        `the broker closes the connection over a message to "${this.#topic}"; if it keeps topics with $ for ` +
        "itself, add --topic-prefix PREFIX, the same at every peer, or do without: --profile request-response";
      this.#observe({ type: "warning", text });
    }
  }

  #publish(payload: Uint8Array, published: () => void, signal?: AbortSignal): Promise<void> | void {
    const properties = publishProperties("mcp-server", this.#link.clientId);
    return this.#link.publish({ topic: this.#topic, payload, qos: 1, retain: true, properties }, (failure) => {
      this.#announcing = undefined;
      if (failure === undefined || failure.reason === "no-server-online") return published();
      this.#observe({ type: "publish.failed", topic: this.#topic, cause: failure.message });
    }, signal);
  }
}
