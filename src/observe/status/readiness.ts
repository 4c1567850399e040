/**
 * Whether the process is ready.
 *
 * @module
 */
import type { Observer } from "../../core/events.ts";

/** One condition for readiness: the broker is connected, a server is online, or the process of a server can start. */
export type Need = { readonly broker: true } | { readonly server: string } | { readonly processOf: string };

/** A condition, and whether it is met. */
export interface Condition {
  readonly name: string;
  readonly met: boolean;
  /** Why it is not met, or since when it is. */
  readonly detail: string;
}

const BROKER = "broker";
const serverCondition = (server: string) => `server ${server}`;
const processCondition = (server: string) => `process of ${server}`;

/** A sink that follows the conditions. A condition is not met until an event says so. */
export class Readiness {
  readonly #conditions = new Map<string, Condition>();
  /** The client ids of the connections to the broker that are up. */
  readonly #connections = new Set<string>();
  /** The topics on which each server is online. */
  readonly #online = new Map<string, Set<string>>();

  constructor(needs: readonly Need[]) {
    for (const need of needs) {
      const name = "broker" in need
        ? BROKER
        : "server" in need
        ? serverCondition(need.server)
        : processCondition(need.processOf);
      this.#conditions.set(name, { name, met: false, detail: "not yet" });
    }
  }

  /** The observer that follows events. */
  readonly observe: Observer = (event) => {
    switch (event.type) {
      case "server.online":
        return this.#setOnline(event.server, event.topic, true);
      case "server.offline":
        return this.#setOnline(event.server, event.topic, false);
      case "child.startable":
        return this.#set(processCondition(event.server), true, "can be started");
      case "child.started":
        return this.#set(processCondition(event.server), true, "started");
      case "child.failed":
        return this.#set(processCondition(event.server), false, event.cause);
      case "broker.connected":
        this.#connections.add(event.clientId);
        return this.#set(BROKER, true, `connected to ${event.broker} as ${event.clientId}`);
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

  /** The conditions of one server, as far as they exist: that it is online, and that its process can start. */
  of(server: string): { readonly online: Condition | undefined; readonly process: Condition | undefined } {
    return {
      online: this.#conditions.get(serverCondition(server)) ?? this.#conditions.get(BROKER),
      process: this.#conditions.get(processCondition(server)),
    };
  }

  /** Whether all conditions are met. */
  get ready(): boolean {
    return this.conditions.every(({ met }) => met);
  }

  /** There may be one connection for each profile. One is enough to reach a server. */
  #disconnected(clientId: string, cause: string): void {
    this.#connections.delete(clientId);
    if (this.#connections.size === 0) this.#set(BROKER, false, cause);
  }

  /** A server may be online in several profiles. One is enough to reach it. */
  #setOnline(server: string, topic: string, online: boolean): void {
    const topics = this.#online.get(server) ?? new Set();
    if (online) topics.add(topic);
    else topics.delete(topic);
    this.#online.set(server, topics);
    const detail = topics.size > 0 ? `online on ${[...topics].toSorted().join(" and ")}` : `offline on ${topic}`;
    this.#set(serverCondition(server), topics.size > 0, detail);
  }

  #set(name: string, met: boolean, detail: string): void {
    if (this.#conditions.has(name)) this.#conditions.set(name, { name, met, detail });
  }
}
