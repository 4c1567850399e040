/**
 * Repeating to a new server process what a host had sent to the lost one.
 *
 * Sources: MCP 2025-11-25, "Lifecycle"; MCP 2026-07-28, "Versioning" and "Discovery".
 *
 * @module
 */
import { Failure } from "../core/failure.ts";
import type { RequestKey } from "../core/json_rpc.ts";
import type { Message } from "../core/message.ts";
import { errorTextIn, failureIn, isResult, isSessionEnd } from "./mcp.ts";
import { askedVersion, discovery, inVersion, newestUpTo, offeredVersions, supportedVersions } from "./versions.ts";

/** An exchange with a server process that the host does not see. */
export class Replay {
  readonly #send: (message: Message) => void;
  readonly #waiting = new Map<RequestKey, (answer: Message) => void>();

  /** @param send sends a message to the server process; every request must get an answer */
  constructor(send: (message: Message) => void) {
    this.#send = send;
  }

  /** Takes the answer to a request that was sent here. Returns `false` for a message that is meant for the host. */
  takes(message: Message): boolean {
    const { kind, key } = message;
    const answer = kind === "response" && key !== undefined ? this.#waiting.get(key) : undefined;
    if (key === undefined || answer === undefined) return false;
    this.#waiting.delete(key);
    answer(message);
    return true;
  }

  /** Sends a request to the server process. Resolves with the answer. */
  ask(request: Message): Promise<Message> {
    const { promise, resolve } = Promise.withResolvers<Message>();
    if (request.key !== undefined) this.#waiting.set(request.key, resolve);
    this.#send(request);
    return promise;
  }

  /**
   * Repeats the `initialize` of the host, with the newest version of MCP that both this process and the host support.
   *
   * @param request the host's `initialize`
   * @returns the answer: a result, or the error that the session has ended
   * @throws {Failure} when the process cannot continue with this host
   */
  async initialize(request: Message): Promise<Message> {
    const answer = await this.ask(request);
    if (isFinal(answer)) return answer;
    const offered = offeredVersions(answer);
    const discovered = newestUpTo(request, offered) === undefined ? await this.#discover(request, offered) : undefined;
    const supported = discovered ?? offered;
    const older = newestUpTo(request, supported);
    const second = older === undefined ? answer : await this.ask(inVersion(request, older));
    if (isFinal(second)) return second;
    throw discovered === undefined ? refusal(second) : otherVersions(request, discovered);
  }

  /** The versions that the process supports if it has `server/discover`; otherwise `undefined`. */
  async #discover(request: Message, offered: readonly string[]): Promise<readonly string[] | undefined> {
    const answer = await this.ask(discovery(request, offered));
    return isResult(answer) ? supportedVersions(answer) : undefined;
  }
}

/**
 * Whether no further attempt is needed: the server process has accepted `initialize`, or its session has ended.
 *
 * @throws {Failure} when the answer is a transport failure
 */
function isFinal(answer: Message): boolean {
  if (isResult(answer) || isSessionEnd(answer)) return true;
  const failure = failureIn(answer);
  if (failure !== undefined) throw failure;
  return false;
}

/** The failure for a server that has refused `initialize`, with the error text of the server. */
function refusal(answer: Message): Failure {
  return new Failure(
    "server-gone",
    "The server that was initialized is gone, and the one that replaced it refuses to be initialized: " +
      `"${errorTextIn(answer)}". Check that server, or reconnect in the host`,
  );
}

function otherVersions(request: Message, supported: readonly string[]): Failure {
  const version = askedVersion(request) ?? "";
  const spoken = supported.join(", ") || "no version that it names";
  return new Failure(
    "version-not-supported",
    `The server that was initialized is gone, and the one that replaced it speaks MCP ${spoken}, without "initialize"; ` +
      `this host began with "initialize" in MCP ${version}. Reconnect from a host that speaks ` +
      `${spoken}, or start a server that speaks ${version}`,
    { supported: spoken, requested: version },
  );
}
