/**
 * The PUBLISH properties of the request-response profile.
 *
 * @module
 */
import { Failure, type FailureReason } from "../../core/failure.ts";
import { Message } from "../../core/message.ts";
import type { PublishProperties, ReceivedPacket } from "../../mqtt/mod.ts";

/** User property that names the session; the client makes it up. */
export const SESSION = "mcp-session";

/**
 * User property of a first message that is meant for one instance only, on brokers without shared subscriptions:
 * there all instances get it, and those that are not meant leave it alone.
 */
export const INSTANCE = "mcp-instance";

/**
 * User property of a message that ends a session; its value is the reason word. The payload is a
 * `notifications/disconnected`, but it is this property that makes it one for the proxy itself: without it, it
 * would belong to the peer.
 */
export const CLOSED = "mcp-closed";

/** The properties that every MCP message has. */
export const MESSAGE_PROPERTIES: PublishProperties = {
  payloadFormatIndicator: true,
  contentType: "application/json",
};

/** The one value of a user property, or `undefined`. */
export function userProperty(packet: ReceivedPacket, name: string): string | undefined {
  const value = packet.properties.userProperties?.[name];
  return typeof value === "string" ? value : value?.[0];
}

/** The payload that ends a session. */
export function disconnected(failure?: Failure): Uint8Array {
  const params = failure && { reason: failure.message, data: { reason: failure.reason, ...failure.details } };
  return Message.from({ jsonrpc: "2.0", method: "notifications/disconnected", params }).bytes;
}

/** Why a session was ended, from the message that ended it. */
export function closedFailure(packet: ReceivedPacket): Failure {
  let sentence = "The server has ended the session";
  let details: Record<string, string | number | boolean> = {};
  try {
    const { params } = new Message(packet.payload).parse() as { params?: { reason?: unknown; data?: unknown } };
    if (typeof params?.reason === "string") sentence = params.reason;
    if (typeof params?.data === "object" && params.data !== null) details = { ...params.data };
  } catch {
    // The property alone has ended the session; the payload only says why.
  }
  const { reason: _, ...rest } = details;
  return new Failure((userProperty(packet, CLOSED) ?? "session-ended") as FailureReason, sentence, rest);
}
