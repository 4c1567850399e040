/**
 * The settings that a host has made in its server process, kept to repeat them in the next process.
 *
 * Source: MCP 2025-11-25, "Resources", section "Subscriptions", and "Logging".
 *
 * @module
 */
import { idAt, type RequestKey } from "../core/json_rpc.ts";
import type { Message } from "../core/message.ts";
import { isResult, LOG_LEVEL, SUBSCRIBE, UNSUBSCRIBE } from "./mcp.ts";

/** How many settings are kept at most. No host has that many subscriptions. */
const MAXIMUM = 10_000;

/** The log level and the subscriptions that a host has asked for and the server has accepted. */
export class HostSettings {
  /** The accepted requests, by the setting that they make. */
  readonly #accepted = new Map<string, Message>();
  readonly #asked = new Map<RequestKey, Message>();

  /** The requests to repeat. */
  get messages(): readonly Message[] {
    return [...this.#accepted.values()];
  }

  /** Forgets everything, because the host begins a new MCP session. */
  clear(): void {
    this.#accepted.clear();
    this.#asked.clear();
  }

  /** Notes a message from the host. */
  sent(message: Message): void {
    const { kind, key, method } = message;
    if (kind !== "request" || key === undefined) return;
    if (method === UNSUBSCRIBE) this.#accepted.delete(subject(message));
    else if (method === SUBSCRIBE || method === LOG_LEVEL) this.#asked.set(key, message);
  }

  /** Notes a message from the server. */
  received(message: Message): void {
    const { kind, key } = message;
    if (kind !== "response" || key === undefined || this.#asked.size === 0) return;
    const asked = this.#asked.get(key);
    this.#asked.delete(key);
    if (asked === undefined || !isResult(message)) return;
    this.#accepted.delete(subject(asked)); // a map keeps the order of insertion: the newest setting is repeated last
    if (this.#accepted.size < MAXIMUM) this.#accepted.set(subject(asked), asked);
  }
}

/** What a request sets: the log level, or one subscription. */
function subject({ method, bytes }: Message): string {
  return method === LOG_LEVEL ? LOG_LEVEL : idAt(bytes, "params", "uri") ?? "";
}
