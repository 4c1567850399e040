/**
 * What a host said to open its conversation, kept to say it again to another server process.
 *
 * @module
 */
import { elementsOf, findMember, readText } from "../core/json_scan.ts";
import { Message } from "../core/message.ts";
import { INITIALIZE, INITIALIZED, isResult } from "./mcp.ts";

/**
 * The request again, in the newest of the versions that the server has offered and that are not newer than the one asked
 * for; `undefined` when it has offered none.
 *
 * Source: MCP 2025-11-25, "Lifecycle", section "Error Handling".
 */
export function inOlderVersion({ bytes }: Message, refusal: Message): Message | undefined {
  const asked = findMember(bytes, "params", "protocolVersion");
  const supported = findMember(refusal.bytes, "error", "data", "supported");
  if (asked === undefined || supported === undefined) return undefined;
  const version = readText(bytes, asked.start, asked.end);
  const offered = refusal.bytes.subarray(supported.start, supported.end);
  const versions = elementsOf(offered).map(({ start, end }) => readText(offered, start, end));
  const older = versions.filter((one) => one.startsWith('"') && one < version).toSorted().at(-1); // they are dates
  if (older === undefined) return undefined;
  return Message.from(readText(bytes, 0, asked.start) + older + readText(bytes, asked.end, bytes.length));
}

/**
 * The `initialize` request of a host and what followed it. Hosts of the 2026-07-28 era send none; then there is
 * nothing to repeat, and nothing is.
 */
export class Initialization {
  #request: Message | undefined;
  #initialized: Message | undefined;
  #answered = false;

  /** The messages to repeat, once the server had accepted them; empty before. */
  get messages(): readonly [request: Message, initialized: Message | undefined] | undefined {
    if (this.#request === undefined || !this.#answered) return undefined;
    return [this.#request, this.#initialized];
  }

  /** Notes a message from the host. */
  sent(message: Message): void {
    if (message.method === INITIALIZE && message.kind === "request") {
      this.#request = message;
      this.#initialized = undefined;
      this.#answered = false;
    } else if (message.method === INITIALIZED) {
      this.#initialized = message;
    }
  }

  /** Notes a message from the server. */
  received(message: Message): void {
    if (!this.#answered && this.isAnswer(message)) this.#answered = isResult(message);
  }

  /** Whether this message answers the `initialize` request. */
  isAnswer(message: Message): boolean {
    return message.kind === "response" && message.key !== undefined && message.key === this.#request?.key;
  }
}
