/**
 * What a client makes of the notifications that a server sends to all its clients.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";
import { idAt } from "../../core/json_rpc.ts";
import type { Message } from "../../core/message.ts";
import type { ReceivedPacket } from "../../mqtt/mod.ts";
import { cancelledRequest } from "../../relay/mod.ts";
import { sessionOf, subscriptionOf } from "./messages.ts";

/** A copy that comes this soon, in ms, before the host has said anything, tells it nothing new. */
const COPY_WITHIN = 100;

/**
 * Chooses those that the host has asked for. A server that runs a process for each session, as ours does, sends one for
 * each of them; and what one client has subscribed to is told to all.
 */
export class Broadcasts {
  readonly #clock: Clock;
  /** What the server calls our session, once it has said so. */
  #session: string | undefined;
  /** The resources that the host has subscribed to. */
  readonly #resources = new Set<string>();
  /** The subscriptions of MCP 2026-07-28 that the host has opened. */
  readonly #subscriptions = new Set<string>();
  #last: { readonly message: Message; readonly at: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes note of what the host says. */
  sent(message: Message): void {
    this.#last = undefined;
    const { bytes, method } = message;
    if (method === "resources/subscribe") this.#resources.add(textAt(bytes, "params", "uri"));
    else if (method === "resources/unsubscribe") this.#resources.delete(textAt(bytes, "params", "uri"));
    else if (method === "subscriptions/listen") this.#subscriptions.add(textAt(bytes, "id"));
    else if (cancelledRequest(message) !== undefined) this.#subscriptions.delete(textAt(bytes, "params", "requestId"));
  }

  /** Takes note of what the server says to this client alone. */
  received(packet: ReceivedPacket): void {
    this.#session ??= sessionOf(packet);
  }

  /** Whether the host is to have this. */
  wants(message: Message, packet: ReceivedPacket): boolean {
    const session = sessionOf(packet);
    if (session !== undefined && this.#session !== undefined) {
      if (session !== this.#session) return false;
    } else if (this.#isCopy(message)) {
      return false;
    }
    const subscription = subscriptionOf(message);
    if (subscription !== undefined) return this.#subscriptions.has(plain(subscription));
    return message.method !== "notifications/resources/updated" || this.#isSubscribed(message);
  }

  #isSubscribed({ bytes }: Message): boolean {
    const uri = textAt(bytes, "params", "uri");
    // MCP 2025-11-25, ResourceUpdatedNotification: it may be part of a resource that was subscribed to.
    return [...this.#resources].some((resource) => resource !== "" && uri.startsWith(resource));
  }

  #isCopy(message: Message): boolean {
    const last = this.#last;
    const at = this.#clock.now();
    this.#last = { message, at };
    return last !== undefined && at - last.at < COPY_WITHIN && areEqual(last.message.bytes, message.bytes);
  }
}

function textAt(bytes: Uint8Array, ...names: readonly string[]): string {
  return plain(idAt(bytes, ...names) ?? "");
}

/** The text of a JSON string; a number as it is. Some servers make a string of the id of a request. */
function plain(json: string): string {
  return json.startsWith('"') ? JSON.parse(json) : json;
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
