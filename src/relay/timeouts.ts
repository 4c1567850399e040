/**
 * How long a request may take.
 *
 * @module
 */

const SECOND = 1_000;

/**
 * The times that the MCP over MQTT convention (specification 2025-03-26, "Timeouts") recommends for some methods, in
 * ms; the others get the longest of them. A progress notification starts the time of its request anew.
 */
const BY_METHOD: Readonly<Record<string, number>> = {
  "initialize": 30 * SECOND,
  "ping": 10 * SECOND,
  "roots/list": 30 * SECOND,
  "resources/list": 30 * SECOND,
  "resources/templates/list": 30 * SECOND,
  "tools/list": 30 * SECOND,
  "prompts/list": 30 * SECOND,
  "prompts/get": 30 * SECOND,
  "sampling/createMessage": 60 * SECOND,
  "resources/read": 30 * SECOND,
  "resources/subscribe": 30 * SECOND,
  "tools/call": 60 * SECOND,
  "completion/complete": 60 * SECOND,
  "logging/setLevel": 30 * SECOND,
};

const LONGEST = 60 * SECOND;

/** How long a request of this method may take, in ms: what the user says, else what is recommended. */
export function timeoutOf(method: string, { timeout }: { readonly timeout: number | undefined }): number {
  return timeout ?? recommendedTimeout(method);
}

/** The recommended time for a request of this method, in ms. */
export function recommendedTimeout(method: string): number {
  return Object.hasOwn(BY_METHOD, method) ? BY_METHOD[method] ?? LONGEST : LONGEST;
}
