/**
 * How servers of the request-response profile are found.
 *
 * @module
 */
import { formatOf } from "./session/properties.ts";
import { decodeOnline, encodeOnline, isGone, isOnline, type Online } from "../notifications.ts";

/** What a server says of itself, retained on `B/presence/{instance}`. */
export interface Presence extends Online {
  /** Whether it takes its requests from a subscription that it shares with other instances. */
  readonly shared: boolean;
  /** Whether it numbers its messages, and so needs no more than QoS 0. */
  readonly numbered: boolean;
  /** The format in which it numbers them. */
  readonly format: 1 | 2;
  /** Whether sessions can be opened on its own topic, `B/instance/{instance}/{client}`. */
  readonly direct: boolean;
  /** Whether it has just come, and asks the others to announce themselves. Not all brokers deliver what is retained. */
  readonly joining: boolean;
}

/** The retained payload; the shape follows the open convention's `notifications/server/online`. */
export function encodePresence({ shared, numbered, format, direct, joining, ...online }: Presence): Uint8Array {
  const asks = joining ? { joining } : {};
  return encodeOnline({ ...online, meta: { ...online.meta, shared, numbered, format, direct, ...asks } });
}

/**
 * Reads a presence of any implementation. Any payload means that the server is online, so a missing member has its
 * default. `undefined` when the server is gone.
 */
export function decodePresence(payload: Uint8Array): Presence | undefined {
  if (isGone(payload)) return undefined;
  const { serverName = "", description, meta = {} } = decodeOnline(payload) ?? {};
  return {
    serverName,
    description,
    shared: meta.shared === true,
    numbered: meta.numbered === true,
    format: formatOf(meta.format),
    direct: meta.direct === true,
    joining: meta.joining === true,
    meta,
  };
}

/** Whether a payload is a presence in this shape, or none. */
export function isPresence(payload: Uint8Array): boolean {
  return isGone(payload) || isOnline(payload);
}
