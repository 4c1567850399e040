/**
 * Filtering the notifications that a server sends to all its clients.
 *
 * @module
 */
import type { Clock } from "../../core/clock.ts";
import { idAt } from "../../core/json_rpc.ts";
import type { Message } from "../../core/message.ts";
import type { ReceivedPacket } from "../../mqtt/mod.ts";
import { cancelledRequest } from "../../relay/mod.ts";
import { sessionOf, subscriptionOf } from "./messages.ts";

/** A repeated notification within this time, in ms, is dropped if the host has sent nothing meanwhile. */
const COPY_WITHIN = 100;

/**
 * Selects the notifications that the host has asked for. A server that runs one process for each session, as `serve`
 * does, sends one notification for each process. And all clients get the notifications for the subscriptions of each.
 */
export class Broadcasts {
  readonly #clock: Clock;
  /** The server's name for our session, once a message has told it. */
  #session: string | undefined;
  /** The resources that the host has subscribed to. */
  readonly #resources = new Set<string>();
  /** The subscriptions of MCP 2026-07-28 that the host has opened. */
  readonly #subscriptions = new Set<string>();
  #last: { readonly message: Message; readonly at: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Follows the subscriptions in the host's messages. */
  sent(message: Message): void {
    this.#last = undefined;
    const { bytes, method } = message;
    if (method === "resources/subscribe") this.#resources.add(textAt(bytes, "params", "uri"));
    else if (method === "resources/unsubscribe") this.#resources.delete(textAt(bytes, "params", "uri"));
    else if (method === "subscriptions/listen") this.#subscriptions.add(textAt(bytes, "id"));
    else if (cancelledRequest(message) !== undefined) this.#subscriptions.delete(textAt(bytes, "params", "requestId"));
  }

  /** Learns the session's name from a message that the server sends to this client alone. */
  received(packet: ReceivedPacket): void {
    this.#session ??= sessionOf(packet);
  }

  /** Whether the host should get this notification. */
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
    // MCP 2025-11-25, ResourceUpdatedNotification: the URI may be that of a part of the subscribed resource.
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

/** The text of a JSON string; other JSON as it is. A server may return the numeric id of a request as a string. */
function plain(json: string): string {
  return json.startsWith('"') ? JSON.parse(json) : json;
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
