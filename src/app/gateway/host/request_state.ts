/**
 * The state that a host brings back with the answer to a question.
 *
 * A host of MCP 2026-07-28 is not asked by a request. Its own request is answered with the question, and it repeats the
 * request with the answer. The state is signed with a key of this gateway, and valid for this call alone.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createRequestStateCodec, ProtocolError, type RequestStateCodec } from "@modelcontextprotocol/server";

/** How long a question may stay unanswered, in seconds. */
export const QUESTION_LIFETIME = 600;

/** What the gateway needs to know when a call comes back. */
export interface CallState {
  /** The digest of the call. */
  readonly call: string;
  /** Whether the user has agreed to it. */
  readonly agreed?: boolean;
  /** Whether the question is if the user agrees. */
  readonly asksConsent?: boolean;
  /** The id of the call, if the gateway still holds it. */
  readonly held?: string;
  /** Whether the host brings answers to the server's questions. */
  readonly answers?: boolean;
  /** The server's own state, to be returned to it with the answers. */
  readonly server?: string;
}

/** Signs and checks {@linkcode CallState}s, for one host. */
export function callStates(): RequestStateCodec<CallState> {
  return createRequestStateCodec<CallState>({
    key: crypto.getRandomValues(new Uint8Array(32)),
    ttlSeconds: QUESTION_LIFETIME,
    bind: ({ mcpReq }) => mcpReq.method,
  });
}

/** Identifies a call by its server, method and parameters. */
export function callDigest(server: string, method: string, params: unknown): string {
  return createHash("sha256").update(JSON.stringify([server, method, params])).digest("base64url");
}

/**
 * The state of a call, if the host brings one back.
 *
 * @throws {ProtocolError} when it belongs to another call
 */
export function stateOf(state: CallState | undefined, call: string): Partial<CallState> {
  if (state === undefined) return {};
  if (state.call === call) return state;
  throw new ProtocolError(-32602, "The requestState belongs to another call");
}
