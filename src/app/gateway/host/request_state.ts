/**
 * What a host is given to bring back with the answer to a question.
 *
 * A host of 2026-07-28 is not asked by a request: what it asked for is answered with the question, and it asks again with
 * the answer. What it brings back is signed by a key that only this gateway has, and good for this call alone.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createRequestStateCodec, ProtocolError, type RequestStateCodec } from "@modelcontextprotocol/server";

/** How long a question may stay unanswered, in seconds. */
export const QUESTION_LIFETIME = 600;

/** What is to be known when a call comes back. */
export interface CallState {
  /** Which call it was. */
  readonly call: string;
  /** Whether the user has agreed to it. */
  readonly agreed?: boolean;
  /** The user is asked whether he agrees. */
  readonly asksConsent?: boolean;
  /** What the gateway calls the call that is still under way. */
  readonly held?: string;
  /** Whether the host brings answers to questions of the server's. */
  readonly answers?: boolean;
  /** What the server wants back with them. */
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

/** A call, so that no other is taken for it: which server, what is asked, and with which arguments. */
export function callDigest(server: string, method: string, params: unknown): string {
  return createHash("sha256").update(JSON.stringify([server, method, params])).digest("base64url");
}

/**
 * The state that belongs to a call, if the host brings one back.
 *
 * @throws {ProtocolError} when it belongs to another call
 */
export function stateOf(state: CallState | undefined, call: string): Partial<CallState> {
  if (state === undefined) return {};
  if (state.call === call) return state;
  throw new ProtocolError(-32602, "The requestState belongs to another call");
}
