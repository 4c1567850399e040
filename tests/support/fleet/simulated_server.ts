/**
 * An MCP server that answers what it is told to, without the SDK: thousands of them fit into one process.
 *
 * @module
 */
import { Message } from "../../../src/core/message.ts";
import type { IncomingSession } from "../../../src/wire/mod.ts";

/** An object of JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** A tool as a list has it. */
export interface SimulatedTool extends Json {
  readonly name: string;
}

/** A request, and the ways to answer it. */
export interface SimulatedRequest {
  readonly method: string;
  // deno-lint-ignore no-explicit-any -- whatever the client has sent
  readonly params: any;
  /** Sends a notification in the session. */
  notify(method: string, params?: Json): void;
  /** Sends bytes that may be anything. */
  sendRaw(text: string): void;
}

/** Answers a request; a promise that never settles does not. */
export type Behaviour = (request: SimulatedRequest) => Json | Promise<Json>;

const METHOD_NOT_FOUND = -32601;

/** A server with these tools, each of which says who was called and with what. */
export function simulatedServer(name: string, tools: readonly SimulatedTool[]): Behaviour {
  return ({ method, params }) => {
    switch (method) {
      case "initialize":
        return {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: { listChanged: true } },
          serverInfo: { name, version: "1" },
        };
      case "ping":
        return {};
      case "tools/list":
        return { tools };
      case "tools/call":
        return {
          content: [{ type: "text", text: `${name}: ${params.name}(${JSON.stringify(params.arguments ?? {})})` }],
        };
      default:
        throw new RpcError(METHOD_NOT_FOUND, `Method not found: ${method}`);
    }
  };
}

/** An error that is the answer. */
export class RpcError extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

/** Answers the requests of a session. */
export function serveSession(session: IncomingSession, behave: Behaviour): void {
  const sendRaw = (text: string) => void session.send(Message.from(text));
  const send = (message: Json) => sendRaw(JSON.stringify({ jsonrpc: "2.0", ...message }));
  session.receive((message) => {
    if (message.kind !== "request") return;
    const { id, method, params = {} } = message.parse() as { id: unknown; method: string; params?: Json };
    const request = { method, params, notify: (method: string, params?: Json) => send({ method, params }), sendRaw };
    void answer(request).then((outcome) => send({ id, ...outcome }));
  });

  async function answer(request: SimulatedRequest): Promise<Json> {
    try {
      return { result: await behave(request) };
    } catch (error) {
      const { code = -32603, message } = error as Partial<RpcError>;
      return { error: { code, message } };
    }
  }
}
