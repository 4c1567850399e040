/**
 * Short ways to write JSON-RPC messages.
 *
 * @module
 */
import { Message } from "../../src/core/message.ts";

/** A request; `id` is JSON text. */
export function request(id: string, method = "tools/call", params = "{}"): Message {
  return Message.from(`{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${params}}`);
}

/** A notification; `params` is JSON text. */
export function notification(method: string, params = "{}"): Message {
  return Message.from(`{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${params}}`);
}

/** A response; `id` and `result` are JSON text. */
export function response(id: string, result = "{}"): Message {
  return Message.from(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
}

/** The text of a message. */
export function textOf(message: Message | undefined): string {
  return new TextDecoder().decode(message?.bytes);
}

/** What a message is about, in a few words: `request 1`, `result 1`, `error 1 child-exited`, `tools/list_changed`. */
export function gist(message: Message): string {
  const { kind, id, method } = message;
  if (kind === "request") return `request ${id} ${method}`;
  if (kind === "notification") return `${method}`.replace(/^notifications\//, "");
  const { result, error } = message.parse() as { result?: unknown; error?: { data?: { reason?: string } } };
  return result !== undefined ? `result ${id}` : `error ${id} ${error?.data?.reason}`;
}
