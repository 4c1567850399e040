/**
 * The trace context of messages as user properties, for brokers that trace the messages they forward.
 *
 * Source: MCP SEP-414, `_meta`; W3C Trace Context, sections 3.2 and 3.3.
 *
 * @module
 */
import { idAt } from "../core/json_rpc.ts";
import type { Message } from "../core/message.ts";
import type { PublishProperties } from "../mqtt/mod.ts";
import { traceparentOf } from "../relay/mod.ts";

/** The largest size of a trace context in a packet, in bytes. */
const LARGEST_TRACE_PROPERTIES = 640;

/** The size to reserve in a packet for a trace context, in bytes. */
export function roomForTrace(isShown: boolean | undefined): number {
  return isShown === true ? LARGEST_TRACE_PROPERTIES : 0;
}

/** A list of printable characters. A longer one than W3C requires everybody to accept is left out. */
const TRACE_STATE = /^"([\x20\x21\x23-\x5b\x5d-\x7e]{1,512})"$/;

/** The trace context of a message, by the names of the fields in `_meta` and in HTTP; `undefined` when it has none. */
export function traceProperties(message: Message): Readonly<Record<string, string>> | undefined {
  const traceparent = traceparentOf(message);
  if (traceparent === undefined) return undefined;
  const { kind, bytes } = message;
  const text = idAt(bytes, kind === "response" ? "result" : "params", "_meta", "tracestate");
  const tracestate = text === undefined ? undefined : TRACE_STATE.exec(text)?.[1];
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}

/** Whether a message has a trace context. */
export function isTraced(message: Message): boolean {
  return traceparentOf(message) !== undefined;
}

/** The additional part of a packet for a message with a trace context; empty if the context should not be shown. */
export function shownTrace(
  message: Message,
  { traceContext = false }: { readonly traceContext?: boolean },
): { readonly properties?: PublishProperties } {
  const userProperties = traceContext ? traceProperties(message) : undefined;
  return userProperties === undefined ? {} : { properties: { userProperties } };
}
