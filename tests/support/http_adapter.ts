/**
 * Streamable HTTP in front of a stdio program, for clients that speak nothing else. Messages pass as they are.
 *
 * @module
 */
// The package's own declarations are found under names without ".js" only.
// @ts-types="@modelcontextprotocol/sdk/server/webStandardStreamableHttp"
import { WebStandardStreamableHTTPServerTransport as HttpTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { Process } from "./proxy.ts";

// deno-lint-ignore no-explicit-any -- messages of any shape
type Json = any;

/** A running adapter. */
export interface HttpAdapter extends AsyncDisposable {
  readonly url: string;
  /** How many sessions there have been: each has had a process of its own. */
  readonly sessions: number;
}

/**
 * Starts an endpoint that runs `command` for each session. A session lasts until the next one begins: clients need not
 * say when they leave, and the ones that tests have come one after the other.
 */
export function httpAdapter(command: readonly string[]): HttpAdapter {
  const endings: Promise<void>[] = [];
  // Starting takes longer than most conversations: the next session's process is always there already.
  let spare = new Process(command);
  let current: Session | undefined;
  let sessions = 0;

  const begin = (): Session => {
    const session: Session = new Session(host, () => {
      if (current !== undefined) endings.push(current.end());
      current = session;
      sessions++;
      const process = spare;
      spare = new Process(command);
      return process;
    });
    return session;
  };

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const id = request.headers.get("mcp-session-id");
    if (id === null) return await begin().handle(request);
    if (id !== current?.id) return new Response("No such session", { status: 404 });
    return await current.handle(request);
  });
  const host = `127.0.0.1:${server.addr.port}`;

  return {
    url: `http://${host}/mcp`,
    get sessions() {
      return sessions;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...endings, current?.end(), spare[Symbol.asyncDispose]()]);
      await server.shutdown();
    },
  };
}

/** One HTTP session and its process, which it takes when the client has initialized it. */
class Session {
  readonly #http: HttpTransport;
  /** The client's requests that have no answer yet, oldest first. */
  readonly #open = new Set<unknown>();
  #process: Process | undefined;
  #joined: Promise<void> = Promise.resolve();

  constructor(host: string, take: () => Process) {
    this.#http = new HttpTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      enableDnsRebindingProtection: true,
      allowedHosts: [host],
      onsessioninitialized: () => {
        const process = this.#process = take();
        this.#joined = this.#passBack(process);
      },
    });
    this.#http.onmessage = (message: Json) => {
      if (message.method !== undefined && message.id !== undefined) this.#open.add(message.id);
      // What the process no longer takes is answered by nobody, and the client says so.
      void this.#process?.send(message).catch(() => {});
    };
  }

  get id(): string | undefined {
    return this.#http.sessionId;
  }

  async handle(request: Request): Promise<Response> {
    return await this.#http.handleRequest(request);
  }

  async end(): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    await this.#joined;
    await this.#http.close();
  }

  async #passBack(process: Process): Promise<void> {
    while (true) {
      // It fails when the process has ended.
      const line = await process.output.next(600_000).catch(() => undefined);
      if (line === undefined) return;
      const message: Json = JSON.parse(line);
      if (message.method === undefined) this.#open.delete(message.id);
      // Stdio does not tell which request a notification belongs to; HTTP needs one, or a stream of its own.
      const relatedRequestId: Json = [...this.#open].at(-1);
      const options = message.method === undefined ? {} : { relatedRequestId };
      // It fails when the client has left the stream.
      await this.#http.send(message, options).catch(() => {});
    }
  }
}
