/**
 * How long a request may take, where nobody tells that its server is gone.
 *
 * A host has timers of its own, and knows better what it waits for. So these are backstops: far longer than those of the
 * MCP SDKs (60 s), except where a user asks for less.
 *
 * @module
 */
import { INITIALIZE, PING } from "./mcp.ts";

const SECOND = 1_000;

/** In ms; the others get {@linkcode LONGEST}. */
const BY_METHOD: Readonly<Record<string, number>> = {
  // Which may have to fetch the server from a package registry first.
  [INITIALIZE]: 120 * SECOND,
  "server/discover": 120 * SECOND,
  [PING]: 60 * SECOND,
  "roots/list": 120 * SECOND,
  "resources/list": 120 * SECOND,
  "resources/templates/list": 120 * SECOND,
  "tools/list": 120 * SECOND,
  "prompts/list": 120 * SECOND,
  "prompts/get": 120 * SECOND,
  "resources/read": 120 * SECOND,
  "resources/subscribe": 120 * SECOND,
  "completion/complete": 120 * SECOND,
  "logging/setLevel": 120 * SECOND,
  // These stay open for as long as there is something to wait for (MCP 2026-07-28, "Subscriptions"; 2025-11-25, "Tasks").
  "subscriptions/listen": Infinity,
  "tasks/result": Infinity,
};

const LONGEST = 600 * SECOND;

/** How long a request of this method may take, in ms: what the user says, else the backstop. */
export function timeoutOf(method: string, { timeout }: { readonly timeout: number | undefined }): number {
  return timeout ?? backstopOf(method);
}

/** After how long a request of this method is given up, in ms; `Infinity` for one that is meant to stay open. */
export function backstopOf(method: string): number {
  return Object.hasOwn(BY_METHOD, method) ? BY_METHOD[method] ?? LONGEST : LONGEST;
}
