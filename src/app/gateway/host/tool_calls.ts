/**
 * Calling tools, as far as the user allows it.
 *
 * @module
 */
import { inputRequired, ProtocolError, type RequestStateCodec, type ServerContext } from "@modelcontextprotocol/server";
import { shortened } from "../../../core/text.ts";
import type { Fleet } from "./fleet.ts";
import { type Json, membersOf } from "../json.ts";
import { callDigest, type CallState, stateOf } from "./request_state.ts";
import { serverError } from "./server_error.ts";
import { annotationsOf, type Tool, type ToolList } from "../lists/tool_lists.ts";

const INVALID_PARAMS = -32602;

/** The key of the question whether the user agrees. */
const CONSENT = "consent";

/** Calls tools for the host. */
export class ToolCalls {
  readonly #fleet: Fleet;
  readonly #states: RequestStateCodec<CallState>;

  constructor(fleet: Fleet, states: RequestStateCodec<CallState>) {
    this.#fleet = fleet;
    this.#states = states;
  }

  /**
   * Calls a tool. The result may be a question to the host.
   *
   * @throws {ProtocolError} when it may not be called, or cannot be
   */
  async call(server: string, name: string, args: unknown, context: ServerContext): Promise<Json> {
    const tool = await this.judged(server, name, context.mcpReq.signal);
    const params = { name, arguments: args ?? {} };
    const digest = callDigest(server, "tools/call", params);
    const state = stateOf(context.mcpReq.requestState<CallState>(), digest);
    const needsConsent = this.#fleet.policy.needsConsent(tool);
    if (needsConsent && state.agreed !== true) {
      const text = `Call ${name} of ${server}? It may change or destroy something.\n${shownArguments(args)}`;
      const question = await this.consent(state, digest, text, context);
      if (question !== undefined) return question;
    }
    const agreed = needsConsent ? true : undefined;
    return await this.#fleet.router.call({ server, method: "tools/call", params, agreed }, context);
  }

  /**
   * The tool, if it may be called.
   *
   * @throws {ProtocolError} when it may not, or there is no such tool
   */
  async judged(server: string, name: string, signal: AbortSignal): Promise<Tool> {
    const list = await this.tools(server, signal);
    const tool = list.tools.find((tool) => tool.name === name);
    if (tool === undefined && !list.cut) {
      const others = list.tools.slice(0, 20).map(({ name }) => name).join(", ");
      throw new ProtocolError(INVALID_PARAMS, `${server} has no tool ${JSON.stringify(name)}; it has: ${others}`);
    }
    const found = tool ?? { name };
    const refusal = this.#fleet.policy.refusal(server, { name, annotations: annotationsOf(found) });
    if (refusal !== undefined) throw new ProtocolError(INVALID_PARAMS, refusal);
    return found;
  }

  /**
   * The tools of a server, also those that may not be called.
   *
   * @throws {ProtocolError} when it is not online, or does not tell
   */
  async tools(server: string, signal: AbortSignal): Promise<ToolList> {
    if (this.#fleet.directory.get(server) === undefined) {
      throw new ProtocolError(INVALID_PARAMS, `No server called ${JSON.stringify(server)} is online`);
    }
    return await this.#fleet.catalogue.tools(server, signal).catch((error) => {
      throw serverError(server, error, false);
    });
  }

  /** Asks whether the user agrees. The result is the question or a refusal; `undefined` once the user has agreed. */
  async consent(
    state: Partial<CallState>,
    call: string,
    message: string,
    context: ServerContext,
  ): Promise<Json | undefined> {
    const { host } = this.#fleet;
    const requestedSchema = {
      type: "object" as const,
      properties: { agree: { type: "boolean" as const, title: "Go ahead", default: false } },
      required: ["agree"],
    };
    if (state.asksConsent === true) {
      const { action, content } = membersOf(membersOf(context.mcpReq.inputResponses)[CONSENT]);
      return action === "accept" && membersOf(content).agree === true
        ? undefined
        : refusal("The user has not agreed (--confirm); the tool was not called");
    }
    if (!host.canBeAsked("elicitation/create", {})) {
      return refusal("The user has to agree (--confirm), but this host cannot ask questions; the tool was not called");
    }
    return inputRequired({
      inputRequests: { [CONSENT]: inputRequired.elicit({ mode: "form", message, requestedSchema }) },
      requestState: await this.#states.mint({ call, asksConsent: true }, context),
    });
  }
}

/** The result of a tool that was not called. */
function refusal(text: string): Json {
  return { content: [{ type: "text", text }], isError: true };
}

/** Arguments as a user can read them. */
export function shownArguments(args: unknown): string {
  return shortened(JSON.stringify(args ?? {}, undefined, 2), 2_000);
}
