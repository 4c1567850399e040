/**
 * How long a request may take where the loss of its server cannot be noticed.
 *
 * A host has timeouts of its own, and knows better what it waits for. So these are only backstops. They are mostly far
 * longer than the timeout of the MCP SDKs (60 s), unless the user sets a shorter one.
 *
 * @module
 */
import { INITIALIZE, PING } from "./mcp.ts";

const SECOND = 1_000;

/** Backstops of some methods, in ms. All other methods get {@linkcode LONGEST}. */
const BY_METHOD: Readonly<Record<string, number>> = {
  // The server may have to be fetched from a package registry first.
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
  // These stay open until there is something to report (MCP 2026-07-28, "Subscriptions"; 2025-11-25, "Tasks").
  "subscriptions/listen": Infinity,
  "tasks/result": Infinity,
};

const LONGEST = 600 * SECOND;

/** The timeout of a request of this method, in ms: the one that the user has set, otherwise the backstop. */
export function timeoutOf(method: string, { timeout }: { readonly timeout: number | undefined }): number {
  return timeout ?? backstopOf(method);
}

/** The backstop of a request of this method, in ms; `Infinity` for one that is meant to stay open. */
export function backstopOf(method: string): number {
  return Object.hasOwn(BY_METHOD, method) ? BY_METHOD[method] ?? LONGEST : LONGEST;
}
