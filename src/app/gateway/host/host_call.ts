/**
 * A call of the host's that is under way with a server.
 *
 * @module
 */
import type { ServerContext } from "@modelcontextprotocol/server";
import type { Json } from "../json.ts";

/** The progress of a call is told no more often than this, in ms. */
const PROGRESS_INTERVAL = 50;

/** Questions that one call may wait for at the same time. */
const MOST_QUESTIONS = 16;

/** What a server wants to know from the host. */
export interface Question {
  readonly method: string;
  readonly params: Json;
  readonly answer: PromiseWithResolvers<Json>;
}

/** Who made a call, and what the server wants to know meanwhile. It may take several requests of the host's. */
export class HostCall {
  readonly server: string;
  readonly #abort = new AbortController();
  readonly #questions = new Map<string, Question>();
  #context: ServerContext | undefined;
  #asked = Promise.withResolvers<void>();
  #count = 0;
  #toldAt = -Infinity;

  constructor(server: string, context: ServerContext) {
    this.server = server;
    this.attach(context);
  }

  /** Aborted when the host wants no answer any more. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The request that waits for its end; `undefined` while the host has to come back with an answer. */
  get context(): ServerContext | undefined {
    return this.#context;
  }

  /** Resolves when there is a question. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** From now on `context` is that of the request that waits. */
  attach(context: ServerContext): void {
    this.#context = context;
    const { signal } = context.mcpReq;
    const abort = () => {
      if (this.#context === context) this.cancel(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  }

  /** Nobody waits at the moment: the request was answered with questions. */
  detach(): void {
    this.#context = undefined;
  }

  /** Takes a question of the server's; whether there is room for it. */
  ask(question: Question): boolean {
    if (this.#questions.size >= MOST_QUESTIONS) return false;
    this.#questions.set(`question-${++this.#count}`, question);
    this.#asked.resolve();
    return true;
  }

  /** The questions that nobody has answered. */
  get questions(): ReadonlyMap<string, Question> {
    return this.#questions;
  }

  /** Takes the answers that the host has come back with; what it has not answered is still open. */
  answer(responses: Json): void {
    for (const [key, { answer }] of this.#questions) {
      const response = responses[key];
      if (typeof response !== "object" || response === null) continue;
      this.#questions.delete(key);
      answer.resolve(response as Json);
    }
    if (this.#questions.size === 0) this.#asked = Promise.withResolvers();
  }

  /** Tells the host how far the server is, if it wants to know. */
  progressed(progress: Json): void {
    const progressToken = this.#context?.mcpReq._meta?.progressToken;
    if (this.#context === undefined || progressToken === undefined) return;
    const now = performance.now();
    if (now - this.#toldAt < PROGRESS_INTERVAL && progress.progress !== progress.total) return;
    this.#toldAt = now;
    const params = { ...progress, progressToken };
    void this.#context.mcpReq.notify({ method: "notifications/progress", params }).catch(() => {});
  }

  /** Gives the call up, and with it what the server wants to know. */
  cancel(reason: unknown): void {
    this.#abort.abort(reason);
    for (const { answer } of this.#questions.values()) answer.reject(new Error("The call was given up"));
    this.#questions.clear();
  }
}
