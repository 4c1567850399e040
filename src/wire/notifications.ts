/**
 * The notifications that both profiles have beside MCP's own: who is online, and who leaves.
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
 * @param failure why, where peers are told
 */
export function disconnected(failure?: Failure): Uint8Array {
  const params = failure && { reason: failure.message, data: { reason: failure.reason, ...failure.details } };
  return Message.from({ jsonrpc: "2.0", method: DISCONNECTED, params }).bytes;
}

/** Whether this ends a session. */
export function isDisconnected({ kind, method }: Message): boolean {
  return kind === "notification" && method === DISCONNECTED;
}

/**
 * Whether a presence says that who had it is gone: by its end, or by what stands for it where the broker takes no will
 * without payload.
 */
export function isGone(payload: Uint8Array): boolean {
  return payload.length === 0 || isDisconnected(new Message(payload));
}

/** What a server says of itself. */
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

/** Whether a payload is one of these. */
export function isOnline(payload: Uint8Array): boolean {
  return new Message(payload).method === ONLINE;
}

/** A longer payload, in bytes, is not read: nobody of ours says so much of himself. */
const LONGEST_ONLINE = 64 * 1024;

/** What a payload says of a server, whatever wrote it; `undefined` when it cannot be read. */
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
 * What is said of a server is not looked at when it is nested more deeply than this: JSON that is nested without end can be
 * read, but not written again.
 */
const DEEPEST = 50;

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

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
