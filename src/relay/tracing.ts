/**
 * What is read from a request and its answer for a trace.
 *
 * Source: MCP SEP-414, `traceparent` in `_meta`; W3C Trace Context, section 3.2; the semantic conventions of
 * OpenTelemetry for MCP.
 *
 * @module
 */
import { idAt, stringAt } from "../core/json_rpc.ts";
import { findMember, readText } from "../core/json_scan.ts";
import type { Message } from "../core/message.ts";

const CALL = "tools/call";

/** What is read from a request when requests are traced. */
export interface RequestTrace {
  /** The trace context that the host has put into `_meta`. */
  readonly traceparent?: string;
  /** The tool that it calls. */
  readonly tool?: string;
}

const TRACE_PARENT = /^"([\da-f-]{55})"$/;

/** The trace context in the `_meta` of a message; `undefined` when it has none. */
export function traceparentOf({ kind, bytes }: Message): string | undefined {
  const text = idAt(bytes, kind === "response" ? "result" : "params", "_meta", "traceparent");
  return text === undefined ? undefined : TRACE_PARENT.exec(text)?.[1];
}

/** Reads these from a request. */
export function traceOf(request: Message): RequestTrace {
  const { bytes, method } = request;
  const traceparent = traceparentOf(request);
  const tool = method === CALL ? stringAt(bytes, "params", "name") : undefined;
  return { ...(traceparent === undefined ? {} : { traceparent }), ...(tool === undefined ? {} : { tool }) };
}

/**
 * The error type of a response: the reason of its error, otherwise the code; `tool_error` when a tool has failed.
 * `undefined` when nothing went wrong.
 *
 * @param method of the request
 */
export function errorIn({ bytes }: Message, method: string): string | undefined {
  const text = idAt(bytes, "error", "data", "reason") ?? idAt(bytes, "error", "code");
  if (text !== undefined) return /^"?([a-z-]{1,40}|-?\d{1,10})"?$/.exec(text)?.[1] ?? "error";
  const failed = method === CALL ? findMember(bytes, "result", "isError") : undefined;
  return failed !== undefined && readText(bytes, failed.start, failed.end) === "true" ? "tool_error" : undefined;
}
