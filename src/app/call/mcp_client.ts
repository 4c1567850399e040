/**
 * The little of an MCP client that a call from the shell takes.
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

/** How servers without a handshake refuse one, of those that do not say what they speak. */
const NO_HANDSHAKE_CODES: readonly number[] = [METHOD_NOT_FOUND_CODE, -32600, -32602, -32022];

/** Pages of a list that are fetched at most. */
const MAXIMUM_PAGES = 1_000;

/** The server's own error answer to a request. */
export class RemoteError extends Error {
  override readonly name = "RemoteError";
  constructor(message: string, readonly code: number, readonly data: unknown) {
    super(message);
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

/** How far a server says to be with a request (MCP 2025-11-25, "Progress"). */
export interface Progress {
  readonly progress: number;
  /** Where it ends, if the server knows. */
  readonly total: number | undefined;
  readonly message: string | undefined;
}

/** A request that waits for its answer. */
interface Pending extends PromiseWithResolvers<JsonText> {
  readonly progressed: ((progress: Progress) => void) | undefined;
}

/** Asks a server, one request after the other or several at a time. */
export class McpClient {
  readonly #channel: Channel;
  readonly #pending = new Map<RequestKey, Pending>();
  #requests = 0;
  /** What every request says of itself, in versions without a handshake. */
  #meta: JsonObject = {};

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.receive((message) => this.#receive(message));
  }

  /**
   * Opens the conversation, in the newest version of MCP that both speak.
   *
   * @throws {Failure} when there is no way to the server
   * @throws {RemoteError} when the server does not want to
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

  /** Tries what the server has offered instead of the first version; or whether it knows no handshake at all. */
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

  /** Whether the server speaks a version without handshake; if so, it is spoken from now on. */
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
   * Asks and waits for the answer.
   *
   * @param params members of which those that are {@linkcode JsonText} are sent as they are
   * @param progressed told how far the server is; it is asked to say so only when somebody listens
   * @returns the result as the server has sent it
   * @throws {Failure} when it got lost on the way
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
   * @param incomplete told when there may be more, and why they are not fetched
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
        ? `the server gives the cursor of ${method} that it has given before; what is behind it cannot be fetched`
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

function resolveWith(answer: PromiseWithResolvers<JsonText>, message: Message): void {
  try {
    const { error } = message.parse() as { error?: unknown };
    if (error === undefined) answer.resolve(new JsonText(message.bytes).get("result") ?? JsonText.from({}));
    else answer.reject(toError(error));
  } catch (cause) {
    answer.reject(new RemoteError("The server's answer is not valid JSON", 0, String(cause)));
  }
}

/** An object, whose members may have their text already. */
function textOf(object: JsonObject): JsonText {
  return JsonText.object(
    Object.entries(object).map(([name, value]) => [name, value instanceof JsonText ? value : JsonText.from(value)]),
  );
}

/** The versions that a server says to speak, in the `data` of an error. */
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
