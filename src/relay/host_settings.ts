/**
 * What a host has set in its server process, kept to be set in the next one as well.
 *
 * Source: MCP 2025-11-25, "Resources", section "Subscriptions", and "Logging".
 *
 * @module
 */
import { idAt, type RequestKey } from "../core/json_rpc.ts";
import type { Message } from "../core/message.ts";
import { isResult, LOG_LEVEL, SUBSCRIBE, UNSUBSCRIBE } from "./mcp.ts";

/** More subscriptions than this are not kept: no host has them. */
const MAXIMUM = 10_000;

/** The log level and the subscriptions that a host has asked for and the server has accepted. */
export class HostSettings {
  /** The requests that set something, by what they set. */
  readonly #accepted = new Map<string, Message>();
  readonly #asked = new Map<RequestKey, Message>();

  /** The requests to repeat. */
  get messages(): readonly Message[] {
    return [...this.#accepted.values()];
  }

  /** Forgets everything: the host has begun a new conversation. */
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
    this.#accepted.delete(subject(asked)); // the last word is the last one to be repeated
    if (this.#accepted.size < MAXIMUM) this.#accepted.set(subject(asked), asked);
  }
}

/** What a request sets: the log level, or one subscription. */
function subject({ method, bytes }: Message): string {
  return method === LOG_LEVEL ? LOG_LEVEL : idAt(bytes, "params", "uri") ?? "";
}
