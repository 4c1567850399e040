/**
 * Answers to messages that are not JSON-RPC.
 *
 * Source: JSON-RPC 2.0 section 5.1; MCP 2025-11-25, "Base protocol", where the `id` of an error is never null.
 *
 * @module
 */
import { errorResponse, PARSE_ERROR_CODE } from "./failure.ts";
import { LONGEST_ID } from "./json_rpc.ts";
import type { Message } from "./message.ts";

/** JSON-RPC error code "Invalid Request" (JSON-RPC 2.0, section 5.1). */
const INVALID_REQUEST_CODE = -32600;

/**
 * The error that answers these bytes, which are not a message; `undefined` when they look like a response, because a
 * response is never answered.
 *
 * @param id `null` for peers that speak plain JSON-RPC; without it, as MCP has it, the error has no `id`
 */
export function parseErrorFor(bytes: Uint8Array, id?: "null"): Message | undefined {
  const text = new TextDecoder().decode(bytes);
  if (RESPONSE.test(text) && !REQUEST.test(text)) return undefined;
  return errorResponse(id, PARSE_ERROR_CODE, "Parse error: the message is not a JSON object");
}

const RESPONSE = /"(?:result|error)"\s*:/;
const REQUEST = /"method"\s*:/;

/** Why a message is not carried; `undefined` when it is. */
export function problemOf({ kind }: Message): string | undefined {
  if (kind === "invalid") return `its id is longer than ${LONGEST_ID} bytes`;
  if (kind === "malformed") return "it is not JSON";
}

/**
 * The error that answers a message that is malformed or invalid, or a batch of too many requests; `undefined` when it
 * looks like a response.
 *
 * @param id as for {@linkcode parseErrorFor}
 */
export function invalidResponse(message: Message, id?: "null"): Message | undefined {
  if (message.kind === "malformed") return parseErrorFor(message.bytes, id);
  if (message.kind === "invalid" && message.method === undefined) return undefined;
  const problem = message.kind === "invalid"
    ? `the id is longer than ${LONGEST_ID} bytes`
    : "the batch holds too many requests";
  return errorResponse(id, INVALID_REQUEST_CODE, `Invalid request: ${problem}`);
}
