/**
 * A small MCP client for calls from the shell.
 *
 * @module
 */
import type { Channel } from "../../core/channel.ts";
import { errorResponse, Failure, isFailureReason, TRANSPORT_ERROR_CODE } from "../../core/failure.ts";
import type { RequestKey } from "../../core/json_rpc.ts";
import { JsonText } from "../../core/json_text.ts";
import { Message } from "../../core/message.ts";
import { PING } from "../../relay/mod.ts";
import {
  ALL_VERSIONS,
  initializeParameters,
  newestWithHandshake,
  newestWithoutHandshake,
  PROTOCOL_VERSION,
  requestMeta,
} from "./protocol_version.ts";

const METHOD_NOT_FOUND_CODE = -32601;

/** Error codes with which servers without an `initialize` handshake refuse it, if they do not list their versions. */
const NO_HANDSHAKE_CODES: readonly number[] = [METHOD_NOT_FOUND_CODE, -32600, -32602, -32022];

/** The most pages of a list that are fetched. */
const MAXIMUM_PAGES = 1_000;

/** A server's error response to a request. */
export class RemoteError extends Error {
  override readonly name = "RemoteError";
  constructor(message: string, readonly code: number, readonly data: unknown) {
    super(message);
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

/** A server's progress with a request (MCP 2025-11-25, "Progress"). */
export interface Progress {
  readonly progress: number;
  /** The value of `progress` at the end, if the server knows it. */
  readonly total: number | undefined;
  readonly message: string | undefined;
}

/** A request that waits for its answer. */
interface Pending extends PromiseWithResolvers<JsonText> {
  readonly progressed: ((progress: Progress) => void) | undefined;
}

/** Sends requests to a server, one after the other or several at a time. */
export class McpClient {
  readonly #channel: Channel;
  readonly #pending = new Map<RequestKey, Pending>();
  #requests = 0;
  /** The `_meta` of every request, in versions without a handshake. */
  #meta: JsonObject = {};

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.receive((message) => this.#receive(message));
  }

  /**
   * Opens the session, in the newest version of MCP that both ends support.
   *
   * @throws {Failure} when the server cannot be reached
   * @throws {RemoteError} when the server refuses
   */
  async initialize(): Promise<void> {
    try {
      await this.#shakeHands(PROTOCOL_VERSION);
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      await this.#negotiate(error);
    }
  }

  async #shakeHands(version: string): Promise<void> {
    await this.request("initialize", initializeParameters(version));
    await this.#channel.send(Message.from({ jsonrpc: "2.0", method: "notifications/initialized" }));
  }

  /** Tries a version that the server has offered, or finds out whether the server has no handshake. */
  async #negotiate(refusal: RemoteError): Promise<void> {
    const supported = versionsIn(refusal.data);
    const older = supported && newestWithHandshake(supported);
    if (older !== undefined && older !== PROTOCOL_VERSION) return await this.#shakeHands(older);
    const newer = supported === undefined && !NO_HANDSHAKE_CODES.includes(refusal.code)
      ? undefined
      : newestWithoutHandshake(supported);
    if (newer !== undefined && await this.#discover(newer)) return;
    const offer = supported === undefined
      ? ""
      : `; it speaks ${supported.join(", ")}, and this program ${ALL_VERSIONS}`;
    throw new RemoteError(`${refusal.message}${offer}`, refusal.code, refusal.data);
  }

  /** Whether the server supports a version without a handshake. If so, that version is used from now on. */
  async #discover(version: string): Promise<boolean> {
    this.#meta = requestMeta(version);
    try {
      const supported = (await this.request("server/discover", {})).get("supportedVersions");
      if (supported?.elements.some(({ value }) => value === version)) return true;
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
    }
    this.#meta = {};
    return false;
  }

  /**
   * Sends a request, and waits for the answer.
   *
   * @param params its parameters; {@linkcode JsonText} members are sent unchanged
   * @param progressed told the server's progress; the server is asked to report progress only if this is given
   * @returns the result as the server has sent it
   * @throws {Failure} when the request or its answer was lost
   * @throws {RemoteError} when the server answered with an error
   */
  async request(
    method: string,
    params: JsonObject,
    progressed?: (progress: Progress) => void,
  ): Promise<JsonText> {
    const id = this.#requests++;
    const answer = Promise.withResolvers<JsonText>();
    this.#pending.set(id, { ...answer, progressed });
    const meta = { ...this.#meta, ...(progressed === undefined ? {} : { progressToken: id }) };
    const asked = Object.keys(meta).length === 0 ? params : { ...params, _meta: meta };
    const envelope = { jsonrpc: "2.0", id, method, params: textOf(asked) };
    await this.#channel.send(Message.from(textOf(envelope).text));
    const result = await answer.promise;
    if (result.get("resultType")?.value === "input_required") {
      throw new RemoteError("The tool has a question for its user, and there is nobody here to ask", 0, undefined);
    }
    return result;
  }

  /**
   * All members of a list that comes in pages, such as `tools` of `tools/list`.
   *
   * @param incomplete told when there may be more members, and why they are not fetched
   */
  async listAll(
    method: string,
    member: string,
    incomplete: (why: string) => void = () => {},
  ): Promise<readonly JsonText[]> {
    const all: JsonText[] = [];
    const cursors = new Set<string>();
    for (let params: JsonObject = {};;) {
      const result = await this.request(method, params);
      all.push(...result.get(member)?.elements ?? []);
      const cursor = result.get("nextCursor")?.value;
      if (typeof cursor !== "string") return all;
      const why = cursors.has(cursor)
        ? `the server repeats a cursor of ${method}; the pages after it cannot be fetched`
        : cursors.size === MAXIMUM_PAGES
        ? `the server has more than ${MAXIMUM_PAGES} pages of ${method}; the others are left out`
        : undefined;
      if (why !== undefined) {
        incomplete(why);
        return all;
      }
      cursors.add(cursor);
      params = { cursor };
    }
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

/** The answer to a request of the server. Only `ping` is supported, since nobody here could answer anything else. */
function answerTo(method: string, id: string): Message {
  if (method === PING) return Message.from(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
  return errorResponse(id, METHOD_NOT_FOUND_CODE, `Method not found: ${method}`);
}

/** The parameters of a notification; none when it is not valid JSON. */
function parameters(message: Message): JsonObject {
  try {
    return (message.parse() as { params?: JsonObject }).params ?? {};
  } catch {
    return {};
  }
}

function resolveWith(answer: PromiseWithResolvers<JsonText>, message: Message): void {
  try {
    const { error } = message.parse() as { error?: unknown };
    if (error === undefined) answer.resolve(new JsonText(message.bytes).get("result") ?? JsonText.from({}));
    else answer.reject(toError(error));
  } catch (cause) {
    answer.reject(new RemoteError("The server's answer is not valid JSON", 0, String(cause)));
  }
}

/** An object as JSON text. Members that are text already are used unchanged. */
function textOf(object: JsonObject): JsonText {
  return JsonText.object(
    Object.entries(object).map(([name, value]) => [name, value instanceof JsonText ? value : JsonText.from(value)]),
  );
}

/** The versions that a server lists in the `data` of an error. */
function versionsIn(data: unknown): readonly unknown[] | undefined {
  const { supported } = (data ?? {}) as { supported?: unknown };
  return Array.isArray(supported) ? supported : undefined;
}

function toError(error: unknown): Failure | RemoteError {
  const { code, message, data } = (error ?? {}) as { code?: unknown; message?: unknown; data?: unknown };
  const text = typeof message === "string" ? message : JSON.stringify(error);
  const reason = (data as { reason?: unknown } | undefined | null)?.reason;
  if (code === TRANSPORT_ERROR_CODE && isFailureReason(reason)) return new Failure(reason, text);
  return new RemoteError(text, Number(code), data);
}
