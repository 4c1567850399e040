/**
 * The trace context of messages as user properties, for brokers that trace what passes through them.
 *
 * Source: MCP SEP-414, `_meta`; W3C Trace Context, sections 3.2 and 3.3.
 *
 * @module
 */
import { idAt } from "../core/json_rpc.ts";
import type { Message } from "../core/message.ts";
import type { PublishProperties } from "../mqtt/mod.ts";

/** No trace context takes more of a packet, in bytes. */
const LARGEST_TRACE_PROPERTIES = 640;

/** What has to be left of a packet for a trace context, in bytes, if it is shown. */
export function roomForTrace(isShown: boolean | undefined): number {
  return isShown === true ? LARGEST_TRACE_PROPERTIES : 0;
}

const TRACE_PARENT = /^"([\da-f-]{55})"$/;

/** A list of printable characters; a longer one than the source says is left out, as nobody has to take it. */
const TRACE_STATE = /^"([\x20\x21\x23-\x5b\x5d-\x7e]{1,512})"$/;

/**
 * What a message says of the trace that it belongs to, by the names that it has in `_meta` and in HTTP; `undefined` when
 * it says nothing.
 */
export function traceProperties({ kind, bytes }: Message): Readonly<Record<string, string>> | undefined {
  const place = kind === "response" ? "result" : "params";
  const traceparent = textAt(bytes, place, "traceparent", TRACE_PARENT);
  if (traceparent === undefined) return undefined;
  const tracestate = textAt(bytes, place, "tracestate", TRACE_STATE);
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}

/** Whether a message says to which trace it belongs. */
export function isTraced(message: Message): boolean {
  return traceProperties(message) !== undefined;
}

/** What a packet has besides, for a message that says to which trace it belongs; nothing if that is not to be shown. */
export function shownTrace(
  message: Message,
  { traceContext = false }: { readonly traceContext?: boolean },
): { readonly properties?: PublishProperties } {
  const userProperties = traceContext ? traceProperties(message) : undefined;
  return userProperties === undefined ? {} : { properties: { userProperties } };
}

function textAt(bytes: Uint8Array, place: string, name: string, pattern: RegExp): string | undefined {
  const text = idAt(bytes, place, "_meta", name);
  return text === undefined ? undefined : pattern.exec(text)?.[1];
}
