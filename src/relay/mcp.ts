/**
 * The few MCP messages that a proxy has to understand.
 *
 * Source: MCP 2025-11-25, "Lifecycle" and "Utilities".
 *
 * @module
 */
import { Message, type Reviver } from "../core/message.ts";

/** The methods meant here. */
export const INITIALIZE = "initialize";
/** Follows the answer to {@linkcode INITIALIZE}. */
export const INITIALIZED = "notifications/initialized";
/** Says that the peer is at work on a request. */
const PROGRESS = "notifications/progress";
/** Says that nobody waits for the answer to a request any more. */
const CANCELLED = "notifications/cancelled";

/** The id, as JSON text, of the request that this message cancels; `undefined` when it cancels none. */
export function cancelledRequestId(message: Message): string | undefined {
  return message.method === CANCELLED ? idIn(message, "requestId") : undefined;
}

/** The progress token, as JSON text, of the request that this message tells the progress of. */
export function progressToken(message: Message): string | undefined {
  return message.method === PROGRESS ? idIn(message, "progressToken") : undefined;
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

/** Whether a response carries a result rather than an error. */
export function isResult(response: Message): boolean {
  return member(safeParse(response), "result") !== undefined;
}

/** A text or a number as it was written. */
class Spelling {
  constructor(readonly text: string) {}
}

/** The text or the number that `params` holds under `name`, as JSON text: a double would lose digits of a long one. */
function idIn(message: Message, name: string): string | undefined {
  const content = safeParse(message, (key, value, { source }) => {
    const isId = key === name && (typeof value === "string" || typeof value === "number");
    return isId && source !== undefined ? new Spelling(source) : value;
  });
  const id = member(member(content, "params"), name);
  return id instanceof Spelling ? id.text : undefined;
}

function safeParse(message: Message, reviver?: Reviver): unknown {
  try {
    return message.parse(reviver);
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Record<string, unknown>)[name];
}
