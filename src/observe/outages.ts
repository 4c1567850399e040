/**
 * Telling of lost connections: once for each time that the broker is away, not at every attempt of every connection.
 *
 * @module
 */
import type { ProxyEvent } from "../core/events.ts";

/** The most causes of one outage that are told apart. */
const MOST_CAUSES = 100;

/**
 * What is new about an event:
 * - `away`: that the broker is away, or one more cause
 * - `partly-away`: that one connection fails, while others are up
 * - `known`: nothing; it was told before
 * - `back`: the first connection after an outage that was told
 * - `other`: the event is about something else
 */
export type OutageChange = "away" | "partly-away" | "known" | "back" | "other";

/** Follows the connections of this process to its broker, of which there may be several in one list. */
export class Outages {
  /** The client ids of the connections. */
  readonly #up = new Set<string>();
  /** What was told since the last connection was made. */
  readonly #told = new Set<string>();

  /** Notes an event, and says what is new about it. */
  note(event: ProxyEvent): OutageChange {
    switch (event.type) {
      case "broker.connected":
        this.#up.add(event.clientId);
        return this.#end();
      case "broker.closed":
        this.#up.delete(event.clientId);
        return "other";
      case "broker.lost":
      case "broker.refused":
        return this.#failed(event);
      default:
        return "other";
    }
  }

  #end(): OutageChange {
    if (this.#told.size === 0) return "other";
    this.#told.clear();
    return "back";
  }

  #failed({ type, broker, clientId, cause }: Extract<ProxyEvent, { type: "broker.lost" | "broker.refused" }>) {
    // When the broker goes away, each of its connections is lost after the other. That is one outage.
    const isFirst = this.#up.delete(clientId);
    const partly = !isFirst && this.#up.size > 0;
    const key = JSON.stringify([type, broker, cause, ...(partly ? [clientId] : [])]);
    if (this.#told.has(key)) return "known";
    if (this.#told.size >= MOST_CAUSES) this.#told.clear();
    this.#told.add(key);
    return partly ? "partly-away" : "away";
  }
}
