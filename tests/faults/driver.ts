/**
 * An MCP host that calls and keeps books.
 *
 * @module
 */
import { Process, PROXY_COMMAND } from "../support/proxy.ts";

/** What came of the calls. */
export interface Books {
  made: number;
  answered: number;
  failed: number;
  /** Answered neither with a result nor with an error until the end. */
  lost: number;
  /** Answered, but later than their timeout allows. */
  hung: number;
  /** Progress notifications that were missing, repeated or out of order on calls that were answered with a result. */
  disordered: number;
  /** The longest time between two answers, in ms. */
  pause: number;
}

interface Call {
  readonly number: number;
  readonly since: number;
  readonly done: () => void;
  progress: number[];
}

/** Beyond its timeout an answer may take this much longer, in ms, before it counts as hung. */
const GRACE_PERIOD = 5_000;

/** A host that keeps a number of calls under way through `connect`. */
export class Driver implements AsyncDisposable {
  readonly books: Books = { made: 0, answered: 0, failed: 0, lost: 0, hung: 0, disordered: 0, pause: 0 };
  /** How often each reason of a failure was given. */
  readonly reasons = new Map<string, number>();
  /** The numbers of the calls that got an error. */
  readonly failed = new Set<number>();
  readonly #args: readonly string[];
  readonly #timeout: number;
  readonly #env: Readonly<Record<string, string>>;
  readonly #calls = new Map<number, Call>();
  readonly #requests = new Map<number, (succeeded: boolean) => void>();
  #connect: Process | undefined;
  #reading: Promise<void> | undefined;
  #number = 0;
  #id = 0;
  #lastAnswer = performance.now();
  #stopped = false;
  /** Resolves when there is somebody to call. */
  #ready: PromiseWithResolvers<void> = Promise.withResolvers();

  /**
   * @param args of `connect`
   * @param timeout what they make its timeout, in ms
   * @param env more variables of `connect`
   */
  constructor(args: readonly string[], timeout: number, env: Readonly<Record<string, string>>) {
    this.#args = args;
    this.#env = env;
    this.#timeout = timeout;
  }

  /** The process of `connect`. */
  get pid(): number {
    return this.#connect?.pid ?? 0;
  }

  /** Starts `connect` and says hello; again until somebody answers. */
  async start(): Promise<void> {
    this.#connect = new Process([...PROXY_COMMAND, "connect", ...this.#args], { env: this.#env });
    this.#reading = this.#read(this.#connect);
    const params = {
      protocolVersion: "2025-06-18",
      capabilities: { sampling: {} },
      clientInfo: { name: "d", version: "1" },
    };
    while (!await this.#request("initialize", params)) {
      // The server may not be there yet.
    }
    await this.#connect.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    this.#lastAnswer = performance.now();
    this.#ready.resolve();
  }

  /** Ends `connect` without a word, as a host that crashes would, and starts another. */
  async restart(): Promise<void> {
    this.#ready = Promise.withResolvers();
    this.#connect?.kill("SIGKILL");
    await this.#connect?.status;
    await this.#reading;
    for (const call of this.#calls.values()) this.#finish(call, "the host has lost its connection");
    await this.#connect?.[Symbol.asyncDispose]();
    await this.start();
  }

  /**
   * Keeps `width` calls under way until `signal` is aborted, then waits for the last of them.
   *
   * @param pause between an answer and the next call, in ms
   */
  async run(width: number, signal: AbortSignal, pause = 0): Promise<void> {
    await Promise.all(Array.from({ length: width }, async () => {
      while (!signal.aborted) {
        await this.#ready.promise;
        await this.#call();
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#connect?.[Symbol.asyncDispose]();
    await this.#reading;
  }

  #call(): Promise<void> {
    const number = ++this.#number;
    this.books.made++;
    const padding = number % 50 === 0 ? "x".repeat(20_000) : "";
    const { promise, resolve } = Promise.withResolvers<void>();
    const id = ++this.#id;
    const giveUp = setTimeout(() => {
      this.#calls.delete(id);
      this.books.lost++;
      resolve();
    }, 2 * this.#timeout + GRACE_PERIOD);
    const done = () => {
      clearTimeout(giveUp);
      this.#calls.delete(id);
      resolve();
    };
    this.#calls.set(id, { number, since: performance.now(), done, progress: [] });
    const params = { name: "count", arguments: { number, padding }, _meta: { progressToken: id } };
    void this.#connect?.send({ jsonrpc: "2.0", id, method: "tools/call", params }).catch(() => {});
    return promise;
  }

  async #request(method: string, params: unknown): Promise<boolean> {
    const id = ++this.#id;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#requests.set(id, resolve);
    await this.#connect?.send({ jsonrpc: "2.0", id, method, params });
    return await promise;
  }

  async #read(connect: Process): Promise<void> {
    try {
      while (true) this.#take(await connect.output.nextJson(3_600_000), connect);
    } catch {
      // The stream has ended.
    }
  }

  #take(
    message: { id?: number | string; method?: string; params?: Progress; result?: unknown; error?: Refusal },
    connect: Process,
  ): void {
    const { id, method, params, error } = message;
    if (method === "notifications/progress" && params !== undefined) {
      this.#calls.get(params.progressToken)?.progress.push(params.progress);
    } else if (method !== undefined && id !== undefined) {
      void connect.send({ jsonrpc: "2.0", id, result: { role: "assistant", content: { type: "text", text: "yes" } } })
        .catch(() => {});
    } else if (typeof id === "number") {
      const request = this.#requests.get(id);
      this.#requests.delete(id);
      if (request !== undefined) return request(error === undefined);
      const call = this.#calls.get(id);
      if (call !== undefined) this.#finish(call, error && `${error.data?.reason}: ${error.message}`);
    }
  }

  #finish(call: Call, failure: string | undefined): void {
    const now = performance.now();
    if (!this.#stopped) this.books.pause = Math.max(this.books.pause, now - this.#lastAnswer);
    this.#lastAnswer = now;
    if (now - call.since > this.#timeout + GRACE_PERIOD) this.books.hung++;
    if (failure === undefined) {
      this.books.answered++;
      if (call.progress.join() !== "1,2,3") this.books.disordered++;
    } else {
      this.books.failed++;
      this.failed.add(call.number);
      this.reasons.set(failure, (this.reasons.get(failure) ?? 0) + 1);
    }
    call.done();
  }
}

interface Progress {
  readonly progressToken: number;
  readonly progress: number;
}

interface Refusal {
  readonly message: string;
  readonly data?: { readonly reason?: string };
}
