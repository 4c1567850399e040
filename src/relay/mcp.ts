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

/** Method that opens an MCP session with a handshake. */
export const INITIALIZE = "initialize";
/** Notification of the client after the answer to {@linkcode INITIALIZE}. */
export const INITIALIZED = "notifications/initialized";
/** Method that asks whether the peer is alive. */
export const PING = "ping";
/** Method that sets which log messages the server sends. */
export const LOG_LEVEL = "logging/setLevel";
/** Method that subscribes to changes of a resource. */
export const SUBSCRIBE = "resources/subscribe";
/** Method that ends what {@linkcode SUBSCRIBE} began. */
export const UNSUBSCRIBE = "resources/unsubscribe";
/** Notification that the peer is at work on a request. */
const PROGRESS = "notifications/progress";
/** Notification that the sender no longer waits for the answer to its request. */
const CANCELLED = "notifications/cancelled";

/** A message longer than this, in bytes, is not read as a cancellation: its reason alone would have to be that long. */
const LONGEST_CANCELLATION = 64 * 1024;

/** The key of the request that this message cancels; `undefined` when it cancels none. */
export function cancelledRequest(message: Message): RequestKey | undefined {
  const isCancellation = message.method === CANCELLED && message.bytes.length <= LONGEST_CANCELLATION;
  return isCancellation ? keyAt(message, "requestId") : undefined;
}

/**
 * The progress token of a progress notification as a key; `undefined` for any other message. The MCP SDKs use the
 * request's id as its token.
 */
export function progressToken(message: Message): RequestKey | undefined {
  return message.method === PROGRESS ? keyAt(message, "progressToken") : undefined;
}

/** The message of the error in a response. */
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
 * The notifications that the server's lists have changed. Only those that the capabilities in its answer to
 * `initialize` allow.
 */
export function listChangedNotifications(initializeResponse: Message): Message[] {
  return ["tools", "prompts", "resources"]
    .filter((list) => textAt(initializeResponse, "result", "capabilities", list, "listChanged") === "true")
    .map((list) => Message.from({ jsonrpc: "2.0", method: `notifications/${list}/list_changed` }));
}

/** The failure reasons that mean the end of the session, not a fault of the request. */
const SESSION_ENDS: readonly FailureReason[] = [
  "child-exited",
  "server-gone",
  "server-shutting-down",
  "session-ended",
  "session-replaced",
];

/** The transport failure in a response; `undefined` when the response is the server's own. */
export function failureIn(response: Message): Failure | undefined {
  const reason = textAt(response, "error", "data", "reason")?.slice(1, -1);
  if (textAt(response, "error", "code") !== String(TRANSPORT_ERROR_CODE) || !isFailureReason(reason)) return undefined;
  return new Failure(reason, errorTextIn(response));
}

/** Whether a response says that the request failed because its session has ended. */
export function isSessionEnd(response: Message): boolean {
  const failure = failureIn(response);
  return failure !== undefined && SESSION_ENDS.includes(failure.reason);
}

/** Whether a response carries a result rather than an error. */
export function isResult(response: Message): boolean {
  return findMember(response.bytes, "result") !== undefined;
}

/**
 * The JSON text at this path of member names; `undefined` when there is none, or it is longer than
 * {@linkcode LONGEST_TEXT}.
 */
function textAt({ bytes }: Message, ...names: readonly string[]): string | undefined {
  const found = findMember(bytes, ...names);
  if (found === undefined || found.end - found.start > LONGEST_TEXT) return undefined;
  return readText(bytes, found.start, found.end);
}

/** Longest text that is read here, in bytes: more than any text that is looked for. */
const LONGEST_TEXT = 64;
