/**
 * The few MCP messages that a proxy has to understand.
 *
 * Source: MCP 2025-11-25, "Lifecycle" and "Utilities".
 *
 * @module
 */
import { Failure, type FailureReason, isFailureReason, TRANSPORT_ERROR_CODE } from "../core/failure.ts";
import { idAt, idKey, type RequestKey, stringAt } from "../core/json_rpc.ts";
import { findMember, readText } from "../core/json_scan.ts";
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

/** A longer message, in bytes, cancels nothing: it would have to give a reason of that length. */
const LONGEST_CANCELLATION = 64 * 1024;

/** The key of the request that this message cancels; `undefined` when it cancels none. */
export function cancelledRequest(message: Message): RequestKey | undefined {
  const isCancellation = message.method === CANCELLED && message.bytes.length <= LONGEST_CANCELLATION;
  return isCancellation ? keyAt(message, "requestId") : undefined;
}

/**
 * The key of the progress token of the request that this message tells the progress of. The SDKs use the request's id as
 * its token.
 */
export function progressToken(message: Message): RequestKey | undefined {
  return message.method === PROGRESS ? keyAt(message, "progressToken") : undefined;
}

/** The sentence of the error that a response carries. */
export function errorTextIn({ bytes }: Message): string {
  return stringAt(bytes, "error", "message") ?? "it does not say why";
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
  return ["tools", "prompts", "resources"]
    .filter((list) => textAt(initializeResponse, "result", "capabilities", list, "listChanged") === "true")
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

/** The failure of transport that answers a request; `undefined` when a server has answered it. */
export function failureIn(response: Message): Failure | undefined {
  const reason = textAt(response, "error", "data", "reason")?.slice(1, -1);
  if (textAt(response, "error", "code") !== String(TRANSPORT_ERROR_CODE) || !isFailureReason(reason)) return undefined;
  return new Failure(reason, errorTextIn(response));
}

/** Whether this says that a request was not answered since its session has ended. */
export function isSessionEnd(response: Message): boolean {
  const failure = failureIn(response);
  return failure !== undefined && SESSION_ENDS.includes(failure.reason);
}

/** Whether a response carries a result rather than an error. */
export function isResult(response: Message): boolean {
  return findMember(response.bytes, "result") !== undefined;
}

/** The JSON text that is reached by these names, which may be part of a large message; `undefined` when it is long itself. */
function textAt({ bytes }: Message, ...names: readonly string[]): string | undefined {
  const found = findMember(bytes, ...names);
  if (found === undefined || found.end - found.start > LONGEST_TEXT) return undefined;
  return readText(bytes, found.start, found.end);
}

/** More than any text that is looked for here, in bytes. */
const LONGEST_TEXT = 64;
