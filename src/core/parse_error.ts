/**
 * The answers to what is not JSON-RPC.
 *
 * Source: JSON-RPC 2.0 section 5.1; MCP 2025-11-25, "Base protocol", whose errors know no `id` that is null.
 *
 * @module
 */
import { errorResponse, PARSE_ERROR_CODE } from "./failure.ts";
import { LONGEST_ID } from "./json_rpc.ts";
import type { Message } from "./message.ts";

/** JSON-RPC error code for what is no request (JSON-RPC 2.0, section 5.1). */
const INVALID_REQUEST_CODE = -32600;

/**
 * The error that answers these bytes, which are no message; `undefined` when they look like a response, since nobody
 * answers an answer.
 *
 * @param id `null` for peers that speak JSON-RPC without MCP; MCP's own get none
 */
export function parseErrorFor(bytes: Uint8Array, id?: "null"): Message | undefined {
  const text = new TextDecoder().decode(bytes);
  if (RESPONSE.test(text) && !REQUEST.test(text)) return undefined;
  return errorResponse(id, PARSE_ERROR_CODE, "Parse error: the message is not a JSON object");
}

const RESPONSE = /"(?:result|error)"\s*:/;
const REQUEST = /"method"\s*:/;

/** What is wrong with a message that nobody carries; `undefined` when nothing is. */
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
