/**
 * Whether the process can do its work.
 *
 * @module
 */
import type { Observer } from "../core/events.ts";

/** What has to be the case, and whether it is. */
export interface Condition {
  readonly name: string;
  readonly met: boolean;
  /** Why not, or since when. */
  readonly detail: string;
}

/**
 * A sink that knows what is up. Each thing the process needs is one condition, which is not met before an event says
 * so: `serve` needs each server to be online, with its subscriptions acknowledged, and its process to be startable;
 * `connect` needs the broker.
 */
export class Readiness {
  readonly #conditions = new Map<string, Condition>();
  /** The client ids of the connections to the broker that are up. */
  readonly #connections = new Set<string>();
  /** The topics that each server is online on. */
  readonly #online = new Map<string, Set<string>>();

  /** @param names the conditions that there are */
  constructor(names: readonly string[]) {
    for (const name of names) this.#conditions.set(name, { name, met: false, detail: "not yet" });
  }

  /** The sink itself. */
  readonly observe: Observer = (event) => {
    switch (event.type) {
      case "server.online":
        return this.#setOnline(event.server, event.topic, true);
      case "server.offline":
        return this.#setOnline(event.server, event.topic, false);
      case "child.startable":
        return this.#set(`process of ${event.server}`, true, "can be started");
      case "child.started":
        return this.#set(`process of ${event.server}`, true, "started");
      case "child.failed":
        return this.#set(`process of ${event.server}`, false, event.cause);
      case "broker.connected":
        this.#connections.add(event.clientId);
        return this.#set("broker", true, `connected to ${event.broker} as ${event.clientId}`);
      case "broker.lost":
      case "broker.refused":
        return this.#disconnected(event.clientId, event.cause);
      case "broker.closed":
        return this.#disconnected(event.clientId, `the connection to ${event.broker} was closed`);
    }
  };

  /** All conditions. */
  get conditions(): readonly Condition[] {
    return [...this.#conditions.values()];
  }

  /** Whether all of them are met. */
  get ready(): boolean {
    return this.conditions.every(({ met }) => met);
  }

  /** There may be a connection for each profile; one of them is enough to reach a server. */
  #disconnected(clientId: string, cause: string): void {
    this.#connections.delete(clientId);
    if (this.#connections.size === 0) this.#set("broker", false, cause);
  }

  /** A server may be there in several profiles; one of them is enough for it to be reached. */
  #setOnline(server: string, topic: string, online: boolean): void {
    const topics = this.#online.get(server) ?? new Set();
    if (online) topics.add(topic);
    else topics.delete(topic);
    this.#online.set(server, topics);
    const detail = topics.size > 0 ? `online on ${[...topics].join(" and ")}` : `offline on ${topic}`;
    this.#set(`server ${server}`, topics.size > 0, detail);
  }

  #set(name: string, met: boolean, detail: string): void {
    if (this.#conditions.has(name)) this.#conditions.set(name, { name, met, detail });
  }
}
