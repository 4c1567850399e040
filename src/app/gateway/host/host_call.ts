/**
 * A call of the host that a server is working on.
 *
 * @module
 */
import type { ServerContext } from "@modelcontextprotocol/server";
import type { Json } from "../json.ts";

/** The shortest time between two progress notifications of a call, in ms. */
const PROGRESS_INTERVAL = 50;

/** The most unanswered questions of one call. */
const MOST_QUESTIONS = 16;

/** A question of a server to the host. */
export interface Question {
  readonly method: string;
  readonly params: Json;
  readonly answer: PromiseWithResolvers<Json>;
}

/** A call and the server's questions about it. The host may need several requests to finish it. */
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

  /** Aborted when the host no longer wants an answer. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The request that waits for the result. `undefined` until the host comes back with an answer. */
  get context(): ServerContext | undefined {
    return this.#context;
  }

  /** Resolves when the server has asked something. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** Makes `context` that of the request that waits. */
  attach(context: ServerContext): void {
    this.#context = context;
    const { signal } = context.mcpReq;
    const abort = () => {
      if (this.#context === context) this.cancel(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  }

  /** Notes that no request waits, because the last was answered with questions. */
  detach(): void {
    this.#context = undefined;
  }

  /** Adds a question. Returns whether there was room for it. */
  ask(question: Question): boolean {
    if (this.#questions.size >= MOST_QUESTIONS) return false;
    this.#questions.set(`question-${++this.#count}`, question);
    this.#asked.resolve();
    return true;
  }

  /** The unanswered questions. */
  get questions(): ReadonlyMap<string, Question> {
    return this.#questions;
  }

  /** Takes the answers of the host. Questions without an answer stay open. */
  answer(responses: Json): void {
    for (const [key, { answer }] of this.#questions) {
      const response = responses[key];
      if (typeof response !== "object" || response === null) continue;
      this.#questions.delete(key);
      answer.resolve(response as Json);
    }
    if (this.#questions.size === 0) this.#asked = Promise.withResolvers();
  }

  /** Forwards progress, if the host has asked for it. */
  progressed(progress: Json): void {
    const progressToken = this.#context?.mcpReq._meta?.progressToken;
    if (this.#context === undefined || progressToken === undefined) return;
    const now = performance.now();
    if (now - this.#toldAt < PROGRESS_INTERVAL && progress.progress !== progress.total) return;
    this.#toldAt = now;
    const params = { ...progress, progressToken };
    void this.#context.mcpReq.notify({ method: "notifications/progress", params }).catch(() => {});
  }

  /** Cancels the call and its questions. */
  cancel(reason: unknown): void {
    this.#abort.abort(reason);
    for (const { answer } of this.#questions.values()) answer.reject(new Error("The call was given up"));
    this.#questions.clear();
  }
}
