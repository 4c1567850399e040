/**
 * The answer to what is not JSON.
 *
 * Source: JSON-RPC 2.0 section 5.1; MCP 2025-11-25, "Base protocol", whose errors know no `id` that is null.
 *
 * @module
 */
import { errorResponse, PARSE_ERROR_CODE } from "./failure.ts";
import type { Message } from "./message.ts";

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
