/**
 * Asking the user before something is published.
 *
 * @module
 */
import { quoted } from "./page.ts";
import type { Permissions } from "./permissions.ts";
import type { McpServer } from "./sdk.ts";
import { ToolError } from "./tool_error.ts";

/** How long the user may take to answer, in ms. */
const ANSWER_TIMEOUT = 600_000;

/** How much of a payload the user is shown, in characters. */
const SHOWN = 500;

/** A message that is to be published. */
export interface Publication {
  /** The topic of the message and, if it has one, its response topic. */
  readonly topics: readonly string[];
  /** The payload as the agent has written it. */
  readonly message: string;
  readonly retain: boolean;
}

/** Asks the user by elicitation (MCP 2025-06-18) where a rule requires it. */
export class Confirmation {
  readonly #permissions: Permissions;
  readonly #server: McpServer;

  constructor(permissions: Permissions, server: McpServer) {
    this.#permissions = permissions;
    this.#server = server;
  }

  /**
   * Resolves when the user allows the message, or when no rule requires a confirmation.
   *
   * @throws {ToolError} when the user refuses, or when the host cannot ask
   */
  async ask({ topics, message, retain }: Publication, signal: AbortSignal): Promise<void> {
    const topic = topics.find((topic) => this.#permissions.confirmationRule(topic) !== undefined);
    if (topic === undefined) return;
    const { server } = this.#server;
    if (server.getClientCapabilities()?.elicitation?.form === undefined) {
      throw new ToolError(
        `Publishing to ${quoted(topic)} needs the user's consent ("${this.#permissions.confirmationRule(topic)}"), ` +
          "and this host cannot ask for it: it has no elicitation. Tell the user what should be published instead",
      );
    }
    const text = message.length <= SHOWN ? message : `${message.slice(0, SHOWN)}… (${message.length} characters)`;
    const what = text === ""
      ? "an empty message"
      : `this message${retain ? ", to be kept by the broker" : ""}:\n${text}`;
    const { action } = await server.elicitInput({
      message: `May the agent publish to ${topics.map((topic) => quoted(topic)).join(", with the answer to ")} ${what}`,
      requestedSchema: { type: "object", properties: {} },
    }, { signal, timeout: ANSWER_TIMEOUT });
    if (action !== "accept") {
      throw new ToolError(
        `The user does not want anything published to ${
          quoted(topic)
        } now (${action}); do not try again unless asked to`,
      );
    }
  }
}
