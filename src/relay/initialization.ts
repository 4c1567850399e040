/**
 * The opening handshake of a host, kept to repeat it to another server process.
 *
 * @module
 */
import type { Message } from "../core/message.ts";
import { INITIALIZE, INITIALIZED, isResult } from "./mcp.ts";
import { agreedVersion, inVersion } from "./versions.ts";

/**
 * The `initialize` request of a host and the `notifications/initialized` that followed. From MCP 2026-07-28 on, hosts
 * send neither; then nothing is repeated.
 */
export class Initialization {
  #request: Message | undefined;
  #initialized: Message | undefined;
  #answered = false;

  /**
   * The messages to repeat; `undefined` until a server has accepted the `initialize`. They ask for the negotiated
   * version of MCP, because the host will continue to use it.
   */
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
    const request = this.#request;
    if (this.#answered || request === undefined || !this.#isAnswer(message)) return;
    this.#answered = isResult(message);
    this.#request = inVersion(request, agreedVersion(message));
  }

  /** Forgets everything: the host speaks a version without `initialize` now. */
  clear(): void {
    this.#request = undefined;
    this.#initialized = undefined;
    this.#answered = false;
  }

  #isAnswer(message: Message): boolean {
    return message.kind === "response" && message.key !== undefined && message.key === this.#request?.key;
  }
}
