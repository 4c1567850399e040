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

/** Reads these from a request. */
export function traceOf({ bytes, method }: Message): RequestTrace {
  const parent = idAt(bytes, "params", "_meta", "traceparent");
  const traceparent = parent === undefined ? undefined : /^"([\da-f-]{55})"$/.exec(parent)?.[1];
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
