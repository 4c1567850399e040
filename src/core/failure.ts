/**
 * Why a message could not be carried, and the error response that tells the waiting side.
 *
 * @module
 */
import { Message } from "./message.ts";

/** Every word that `error.data.reason` can be. */
export const FAILURE_REASONS = [
  "broker-unreachable",
  "login-refused",
  "not-authorized",
  "publish-refused",
  "subscribe-refused",
  "no-server-online",
  "server-not-responding",
  "server-gone",
  "server-shutting-down",
  "session-ended",
  "session-replaced",
  "child-not-started",
  "child-exited",
  "timed-out",
  "too-large",
  "too-many-pending",
  "too-many-sessions",
  "version-not-supported",
] as const;

/** The word in `error.data.reason`, for programs. The message beside it is for people. */
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** Whether a word from an untrusted peer is one of these reasons. */
export function isFailureReason(word: unknown): word is FailureReason {
  return FAILURE_REASONS.some((reason) => reason === word);
}

/**
 * JSON-RPC error code of every failure of transport: the first of the range that JSON-RPC 2.0 section 5.1
 * reserves for the implementation. What went wrong exactly is in `data.reason`.
 */
export const TRANSPORT_ERROR_CODE = -32000;

/** JSON-RPC error code for a message that is not valid JSON-RPC (JSON-RPC 2.0, section 5.1). */
export const PARSE_ERROR_CODE = -32700;

/** A transport failure: a sentence that names the cause and the remedy, a reason word, and details. */
export class Failure extends Error {
  /** Always `Failure`. */
  override readonly name = "Failure";
  /** Why, in a word. */
  readonly reason: FailureReason;
  /** Further members of `error.data`. Never credentials, never payloads. */
  readonly details: Readonly<Record<string, string | number | boolean>>;

  /** A failure whose message is a sentence for people: the cause and the remedy. */
  constructor(
    reason: FailureReason,
    message: string,
    details: Readonly<Record<string, string | number | boolean>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.reason = reason;
    this.details = details;
  }

  /**
   * The JSON-RPC error response to the request with this `id`, which is JSON text and is repeated as it is.
   *
   * @internal
   */
  toResponse(id: string): Message {
    return errorResponse(id, TRANSPORT_ERROR_CODE, this.message, { reason: this.reason, ...this.details });
  }
}

/**
 * A JSON-RPC error response.
 *
 * @param id JSON text, so that its spelling survives; `undefined` where the request had none that could be read
 */
export function errorResponse(
  id: string | undefined,
  code: number,
  message: string,
  data?: Record<string, unknown>,
): Message {
  const member = id === undefined ? "" : `"id":${id},`;
  return Message.from(`{"jsonrpc":"2.0",${member}"error":${JSON.stringify({ code, message, data })}}`);
}
