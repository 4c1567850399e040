/**
 * The few MCP messages that a proxy has to understand.
 *
 * Source: MCP 2025-11-25, "Lifecycle" and "Utilities".
 *
 * @module
 */
import { type FailureReason, TRANSPORT_ERROR_CODE } from "../core/failure.ts";
import { idAt, idKey, type RequestKey } from "../core/json_rpc.ts";
import { Message } from "../core/message.ts";

/** The methods meant here. */
export const INITIALIZE = "initialize";
/** Follows the answer to {@linkcode INITIALIZE}. */
export const INITIALIZED = "notifications/initialized";
/** Asks whether the peer is there. */
export const PING = "ping";
/** Sets which log messages the server sends. */
export const LOG_LEVEL = "logging/setLevel";
/** Asks to be told when a resource has changed. */
export const SUBSCRIBE = "resources/subscribe";
/** Takes back {@linkcode SUBSCRIBE}. */
export const UNSUBSCRIBE = "resources/unsubscribe";
/** Says that the peer is at work on a request. */
const PROGRESS = "notifications/progress";
/** Says that nobody waits for the answer to a request any more. */
const CANCELLED = "notifications/cancelled";

/** The key of the request that this message cancels; `undefined` when it cancels none. */
export function cancelledRequest(message: Message): RequestKey | undefined {
  return message.method === CANCELLED ? keyAt(message, "requestId") : undefined;
}

/**
 * The key of the progress token of the request that this message tells the progress of. The SDKs use the request's id as
 * its token.
 */
export function progressToken(message: Message): RequestKey | undefined {
  return message.method === PROGRESS ? keyAt(message, "progressToken") : undefined;
}

function keyAt({ bytes }: Message, name: string): RequestKey | undefined {
  const id = idAt(bytes, "params", name);
  return id === undefined ? undefined : idKey(id);
}

/** The notification that cancels the request with this `id`, which is JSON text. */
export function cancellation(id: string, reason: string): Message {
  return Message.from(
    `{"jsonrpc":"2.0","method":"${CANCELLED}","params":{"requestId":${id},"reason":${JSON.stringify(reason)}}}`,
  );
}

/**
 * The notifications by which a server may say that its lists are others now, as far as the capabilities in its
 * answer to `initialize` allow.
 */
export function listChangedNotifications(initializeResponse: Message): Message[] {
  const capabilities = member(member(safeParse(initializeResponse), "result"), "capabilities");
  return ["tools", "prompts", "resources"]
    .filter((list) => member(member(capabilities, list), "listChanged") === true)
    .map((list) => Message.from({ jsonrpc: "2.0", method: `notifications/${list}/list_changed` }));
}

/** Reasons for which a request is answered since its session has ended, whatever it asked for. */
const SESSION_ENDS: readonly FailureReason[] = [
  "child-exited",
  "server-gone",
  "server-shutting-down",
  "session-ended",
  "session-replaced",
];

/** Whether this says that a request was not answered since its session has ended. */
export function isSessionEnd(response: Message): boolean {
  const error = member(safeParse(response), "error");
  const reason = member(member(error, "data"), "reason");
  return member(error, "code") === TRANSPORT_ERROR_CODE && SESSION_ENDS.some((end) => end === reason);
}

/** Whether a response carries a result rather than an error. */
export function isResult(response: Message): boolean {
  return member(safeParse(response), "result") !== undefined;
}

function safeParse(message: Message): unknown {
  try {
    return message.parse();
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Record<string, unknown>)[name];
}
