/**
 * The little of an MCP client that a call from the shell takes.
 *
 * @module
 */
import type { Channel } from "../../core/channel.ts";
import { errorResponse, Failure, isFailureReason, TRANSPORT_ERROR_CODE } from "../../core/failure.ts";
import type { RequestKey } from "../../core/json_rpc.ts";
import { Message } from "../../core/message.ts";
import { PING } from "../../relay/mod.ts";
import { CLIENT_INFO } from "../client_identity.ts";

/** The version of MCP that is asked for; servers answer with the one they speak. */
const PROTOCOL_VERSION = "2025-11-25";

const METHOD_NOT_FOUND_CODE = -32601;

/** Pages of a list that are fetched at most; a server that has more gives the same ones again and again. */
const MAXIMUM_PAGES = 1_000;

/** The server's own error answer to a request. */
export class RemoteError extends Error {
  override readonly name = "RemoteError";
  constructor(message: string, readonly code: number, readonly data: unknown) {
    super(message);
  }
}

/** A JSON object of a server, whatever it holds. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** How far a server says to be with a request (MCP 2025-11-25, "Progress"). */
export interface Progress {
  readonly progress: number;
  /** Where it ends, if the server knows. */
  readonly total: number | undefined;
  readonly message: string | undefined;
}

/** A request that waits for its answer. */
interface Pending extends PromiseWithResolvers<JsonObject> {
  readonly progressed: ((progress: Progress) => void) | undefined;
}

/** Asks a server, one request after the other or several at a time. */
export class McpClient {
  readonly #channel: Channel;
  readonly #pending = new Map<RequestKey, Pending>();
  #requests = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.receive((message) => this.#receive(message));
  }

  /**
   * Opens the conversation.
   *
   * @throws {Failure} when there is no way to the server
   * @throws {RemoteError} when the server does not want to
   */
  async initialize(): Promise<JsonObject> {
    const result = await this.request("initialize", {
      protocolVersion: PROTOCOL_VERSION,
      capabilities: {},
      clientInfo: { name: CLIENT_INFO.implementation, version: CLIENT_INFO.version },
    });
    await this.#channel.send(Message.from({ jsonrpc: "2.0", method: "notifications/initialized" }));
    return result;
  }

  /**
   * Asks and waits for the answer.
   *
   * @param progressed told how far the server is; it is asked to say so only when somebody listens
   * @throws {Failure} when it got lost on the way
   * @throws {RemoteError} when the server answered with an error
   */
  async request(
    method: string,
    params: JsonObject,
    progressed?: (progress: Progress) => void,
  ): Promise<JsonObject> {
    const id = this.#requests++;
    const answer = Promise.withResolvers<JsonObject>();
    this.#pending.set(id, { ...answer, progressed });
    const asked = progressed === undefined ? params : { ...params, _meta: { progressToken: id } };
    await this.#channel.send(Message.from({ jsonrpc: "2.0", id, method, params: asked }));
    return await answer.promise;
  }

  /** All members of a list that comes in pages, such as `tools` of `tools/list`. */
  async listAll(method: string, member: string): Promise<readonly unknown[]> {
    const all: unknown[] = [];
    let cursor: unknown;
    for (let page = 0; page < MAXIMUM_PAGES; page++) {
      const result = await this.request(method, cursor === undefined ? {} : { cursor });
      const members = result[member];
      if (Array.isArray(members)) all.push(...members);
      cursor = result.nextCursor;
      if (typeof cursor !== "string") break;
    }
    return all;
  }

  #receive(message: Message): void {
    if (message.kind === "request" && message.id !== undefined) {
      void this.#channel.send(answerTo(message.method ?? "", message.id));
    } else if (message.method === "notifications/progress") {
      this.#progressed(message);
    } else if (message.kind === "response" && message.key !== undefined) {
      const { key } = message;
      const answer = this.#pending.get(key);
      this.#pending.delete(key);
      if (answer !== undefined) resolveWith(answer, message);
    }
  }

  #progressed(message: Message): void {
    const { progressToken, progress, total, message: text } = parameters(message);
    if (typeof progressToken !== "number" || typeof progress !== "number") return;
    this.#pending.get(progressToken)?.progressed?.({
      progress,
      total: typeof total === "number" ? total : undefined,
      message: typeof text === "string" ? text : undefined,
    });
  }
}

/** Servers may ask too, but there is nobody here who could answer more than that he is there. */
function answerTo(method: string, id: string): Message {
  if (method === PING) return Message.from(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
  return errorResponse(id, METHOD_NOT_FOUND_CODE, `Method not found: ${method}`);
}

/** What a notification says; nothing when it is not valid JSON. */
function parameters(message: Message): JsonObject {
  try {
    return (message.parse() as { params?: JsonObject }).params ?? {};
  } catch {
    return {};
  }
}

function resolveWith(answer: PromiseWithResolvers<JsonObject>, message: Message): void {
  try {
    const { result, error } = message.parse() as { result?: JsonObject; error?: unknown };
    if (error === undefined) answer.resolve(result ?? {});
    else answer.reject(toError(error));
  } catch (cause) {
    answer.reject(new RemoteError("The server's answer is not valid JSON", 0, String(cause)));
  }
}

function toError(error: unknown): Failure | RemoteError {
  const { code, message, data } = (error ?? {}) as { code?: unknown; message?: unknown; data?: unknown };
  const text = typeof message === "string" ? message : JSON.stringify(error);
  const reason = (data as { reason?: unknown } | undefined | null)?.reason;
  if (code === TRANSPORT_ERROR_CODE && isFailureReason(reason)) return new Failure(reason, text);
  return new RemoteError(text, Number(code), data);
}
