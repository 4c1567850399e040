/**
 * How servers of the request-response profile are found.
 *
 * @module
 */
import { Message } from "../../core/message.ts";

const ONLINE = "notifications/server/online";

/** What a server says of itself, retained on `B/presence/{instance}`. */
export interface Presence {
  readonly serverName: string;
  readonly description: string | undefined;
  /** Whether it takes its requests from a subscription that it shares with other instances. */
  readonly shared: boolean;
  /** Whether it numbers its messages, and so needs no more than QoS 0. */
  readonly numbered: boolean;
  /** What else it says of itself. */
  readonly meta: Readonly<Record<string, unknown>>;
}

/** The retained payload; the shape follows the open convention's `notifications/server/online`. */
export function encodePresence({ serverName, description, shared, numbered, meta }: Presence): Uint8Array {
  return Message.from({
    jsonrpc: "2.0",
    method: ONLINE,
    params: { server_name: serverName, description, meta: { ...meta, shared, numbered } },
  }).bytes;
}

/** Reads a presence, whatever wrote it: what it does not say has its default. `undefined` when the server is gone. */
export function decodePresence(payload: Uint8Array): Presence | undefined {
  if (payload.length === 0) return undefined;
  let params: { server_name?: unknown; description?: unknown; meta?: Record<string, unknown> } | undefined;
  try {
    params = (new Message(payload).parse() as { params?: typeof params }).params;
  } catch {
    // Retained by somebody else; that something is there is all it tells.
  }
  return {
    serverName: typeof params?.server_name === "string" ? params.server_name : "",
    description: typeof params?.description === "string" ? params.description : undefined,
    shared: params?.meta?.shared === true,
    numbered: params?.meta?.numbered === true,
    meta: params?.meta ?? {},
  };
}

/** Whether a payload is a presence in this shape, or none. */
export function isPresence(payload: Uint8Array): boolean {
  return payload.length === 0 || new Message(payload).method === ONLINE;
}
