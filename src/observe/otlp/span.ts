/**
 * A request as a span of OpenTelemetry.
 *
 * Source: OpenTelemetry protocol 1.x, `trace.proto` in its JSON encoding; W3C Trace Context, section 3.2; the semantic
 * conventions for MCP.
 *
 * @module
 */
import type { ProxyEvent } from "../../core/events.ts";

/** The event at the end of a request. */
export type RequestEnded = Extract<ProxyEvent, { type: "request.ended" }>;

/** `SpanKind` of the side that sends a request, and of the side that receives it. */
export type SpanKind = "client" | "server";

const KINDS: Readonly<Record<SpanKind, number>> = { server: 2, client: 3 };

/** `Status.StatusCode` of an error. */
const ERROR = 2;

/** A span in the JSON encoding of OTLP. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number; readonly message?: string };
}

/** An attribute of a span: a name and a value. */
export interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

/** Attributes from these members, without those that have no value. */
export function attributes(members: Readonly<Record<string, string | undefined>>): Attribute[] {
  return Object.entries(members).flatMap(([key, text]) => text ? [{ key, value: { stringValue: text } }] : []);
}

/**
 * The span of a request; `undefined` when it belongs to a trace that is not sampled.
 *
 * @param now when the request ended, in ms since 1970
 */
export function spanOf(event: RequestEnded, kind: SpanKind, now: number): Span | undefined {
  const { method, duration, server, profile, session, reason, traceparent, tool } = event;
  const parent = parentOf(traceparent);
  if (parent?.sampled === false) return undefined;
  return {
    traceId: parent?.traceId ?? randomHex(16),
    spanId: randomHex(8),
    ...(parent === undefined ? {} : { parentSpanId: parent.spanId }),
    name: tool === undefined ? method : `${method} ${tool}`,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(now - duration),
    endTimeUnixNano: nanoseconds(now),
    attributes: attributes({
      "rpc.system": "jsonrpc",
      "mcp.method.name": method,
      "gen_ai.tool.name": tool,
      "mcp.session.id": session,
      "network.protocol.name": "mqtt",
      "mcp_mqtt_proxy.server": server,
      "mcp_mqtt_proxy.profile": profile,
      "error.type": reason,
    }),
    status: reason === undefined ? {} : { code: ERROR, message: reason },
  };
}

interface Parent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** The parent span from the host's `traceparent`; `undefined` when it is missing or invalid. */
function parentOf(traceparent: string | undefined): Parent | undefined {
  const [, version, traceId = "", spanId = "", flags = ""] =
    /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/.exec(traceparent ?? "") ?? [];
  if (version === undefined || version === "ff" || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (parseInt(flags, 16) & 1) === 1 };
}

function randomHex(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toHex();
}

/** OTLP/JSON writes 64-bit integers as text. A double is exact to a microsecond for present times. */
function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds * 1_000)}000`;
}
