/**
 * Telling whether a server is online.
 *
 * @module
 */
import type { Observer } from "../core/events.ts";

/** Tells of each change, and of nothing else: a server that was never online does not go offline. */
export class ServerStatus {
  readonly #observe: Observer;
  #online = false;

  constructor(observe: Observer) {
    this.#observe = observe;
  }

  /** Takes note of what is the case now. */
  set(online: boolean, server: string, topic: string): void {
    if (online === this.#online) return;
    this.#online = online;
    this.#observe({ type: online ? "server.online" : "server.offline", server, topic });
  }
}
