/**
 * Notifications that both profiles have in addition to MCP's: a server is online, a session or client is gone.
 *
 * Source: MCP over MQTT, specification 2025-03-26, "Service Registration", "Shutdown".
 *
 * @module
 */
import type { Observer } from "../core/events.ts";
import type { Failure } from "../core/failure.ts";
import { Message } from "../core/message.ts";

const DISCONNECTED = "notifications/disconnected";
const ONLINE = "notifications/server/online";

/**
 * The payload that ends a session, or says that a client is gone.
 *
 * @param failure the reason, if the other end should know it
 */
export function disconnected(failure?: Failure): Uint8Array {
  const params = failure && { reason: failure.message, data: { reason: failure.reason, ...failure.details } };
  return Message.from({ jsonrpc: "2.0", method: DISCONNECTED, params }).bytes;
}

/** Whether a message ends a session. */
export function isDisconnected({ kind, method }: Message): boolean {
  return kind === "notification" && method === DISCONNECTED;
}

/**
 * Whether a presence says that its owner is gone. It is empty then, or a disconnect notification where the broker
 * refuses a will without payload.
 */
export function isGone(payload: Uint8Array): boolean {
  return payload.length === 0 || isDisconnected(new Message(payload));
}

/** A server's description of itself. */
export interface Online {
  readonly serverName: string;
  readonly description: string | undefined;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** The retained payload of a server's presence. */
export function encodeOnline({ serverName, description, meta }: Online): Uint8Array {
  return Message.from({
    jsonrpc: "2.0",
    method: ONLINE,
    params: { server_name: serverName, description, meta },
  }).bytes;
}

/** Whether a payload is the presence of a server. */
export function isOnline(payload: Uint8Array): boolean {
  return new Message(payload).method === ONLINE;
}

/** Longest presence that is read, in bytes; ours are far shorter. */
const LONGEST_ONLINE = 64 * 1024;

/** A server's description from a payload of any implementation; `undefined` when it is invalid. */
export function decodeOnline(payload: Uint8Array): Partial<Online> | undefined {
  if (payload.length > LONGEST_ONLINE) return undefined;
  try {
    const { params = {} } = new Message(payload).parse() as { params?: Record<string, unknown> };
    return {
      ...(typeof params.server_name === "string" ? { serverName: params.server_name } : {}),
      ...(typeof params.description === "string" ? { description: params.description } : {}),
      ...(isObject(params.meta) && isShallow(params.meta, DEEPEST) ? { meta: params.meta } : {}),
    };
  } catch {
    return undefined;
  }
}

/**
 * The deepest nesting of a description that is accepted. JSON without such a limit can be parsed, but not always
 * written again.
 */
const DEEPEST = 50;

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reports only changes: a server that was never online does not go offline. */
export class ServerStatus {
  readonly #observe: Observer;
  #online = false;

  constructor(observe: Observer) {
    this.#observe = observe;
  }

  /** Notes the present state. */
  set(online: boolean, server: string, topic: string): void {
    if (online === this.#online) return;
    this.#online = online;
    this.#observe({ type: online ? "server.online" : "server.offline", server, topic });
  }
}
