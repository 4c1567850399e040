/**
 * A request as a span of OpenTelemetry.
 *
 * Source: OpenTelemetry protocol 1.x, `trace.proto` in its JSON encoding; W3C Trace Context, section 3.2; the semantic
 * conventions for MCP.
 *
 * @module
 */
import type { ProxyEvent } from "../../core/events.ts";

/** The end of a request. */
export type RequestEnded = Extract<ProxyEvent, { type: "request.ended" }>;

/** `SpanKind` of whoever asks, and of whoever is asked. */
export type SpanKind = "client" | "server";

const KINDS: Readonly<Record<SpanKind, number>> = { server: 2, client: 3 };

/** `Status.StatusCode` of an error. */
const ERROR = 2;

/** A span, as the protocol has it. */
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

/** A name with its value. */
export interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

/** The attributes of these members, without those that have no value. */
export function attributes(members: Readonly<Record<string, string | undefined>>): Attribute[] {
  return Object.entries(members).flatMap(([key, text]) => text ? [{ key, value: { stringValue: text } }] : []);
}

/**
 * The span of a request; `undefined` when it is part of a trace of which nothing is to be recorded.
 *
 * @param now when it ended, in ms since 1970
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

/** The span that the host was in; `undefined` when it does not say, or nothing that is valid. */
function parentOf(traceparent: string | undefined): Parent | undefined {
  const [, version, traceId = "", spanId = "", flags = ""] =
    /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/.exec(traceparent ?? "") ?? [];
  if (version === undefined || version === "ff" || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (parseInt(flags, 16) & 1) === 1 };
}

function randomHex(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toHex();
}

/** The encoding has 64-bit numbers as text; a double holds microseconds of our time. */
function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds * 1_000)}000`;
}
