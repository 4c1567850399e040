/**
 * A small HTTP/1.1 server for the status: GET and HEAD, one request for each connection.
 *
 * Deno's own server waits without limit for a header that does not arrive, and answers a malformed one with an
 * exception.
 *
 * Source: RFC 9112, sections 2 to 7; RFC 9110, section 7.2 (Host).
 *
 * @module
 */
import { orLate, sleep } from "../../core/waiting.ts";

/** A request. */
export interface HttpRequest {
  /** The path, without the query. */
  readonly path: string;
  /** The name in the Host header, without the port; `undefined` when there is none, which HTTP/1.0 allows. */
  readonly host: string | undefined;
}

/** A response. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A whole text, or its parts as they become available. */
  readonly body: string | AsyncIterable<string>;
}

/** How long a request may take to arrive, in ms. */
const REQUEST_TIMEOUT = 5_000;

/** How long a client may take to read the next bytes, in ms. */
const READ_TIMEOUT = 30_000;

/** The longest request line and headers together, in bytes. */
const LONGEST_REQUEST = 16 * 1024;

/** The most connections at a time. For a further one, the oldest connection without a request is closed. */
const MOST_CONNECTIONS = 64;

/** How long the server waits after a failed accept, in ms. */
const ACCEPT_PAUSE = 500;

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** A response with a text. */
export function textResponse(status: number, body: string, contentType = "text/plain; charset=utf-8"): HttpResponse {
  return { status, headers: { "content-type": contentType }, body };
}

/** Answers requests until it is disposed of. */
export class HttpServer implements AsyncDisposable {
  readonly #listener: Deno.Listener;
  readonly #answer: (request: HttpRequest) => HttpResponse;
  readonly #timeout: number;
  readonly #connections = new Map<Deno.Conn, Promise<void>>();
  /** Connections without a complete request, the oldest first. */
  readonly #silent = new Set<Deno.Conn>();
  readonly #ended = new AbortController();
  readonly #accepting: Promise<void>;

  /** @param timeout how long a request may take to arrive, in ms */
  constructor(listener: Deno.Listener, answer: (request: HttpRequest) => HttpResponse, timeout = REQUEST_TIMEOUT) {
    this.#listener = listener;
    this.#answer = answer;
    this.#timeout = timeout;
    this.#accepting = this.#accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#listener.close();
    await this.#accepting;
    for (const connection of this.#connections.keys()) close(connection);
    await Promise.all(this.#connections.values());
  }

  async #accept(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        for await (const connection of this.#listener) this.#take(connection);
      } catch {
        await sleep(ACCEPT_PAUSE, signal).catch(() => {}); // the process may have no file descriptors left
      }
    }
  }

  #take(connection: Deno.Conn): void {
    if (this.#connections.size >= MOST_CONNECTIONS) {
      const [oldest = connection] = this.#silent;
      this.#forget(oldest);
      if (oldest === connection) return;
    }
    const served = this.#serve(connection).catch(() => {}) // the client is gone
      .finally(() => this.#forget(connection));
    this.#connections.set(connection, served);
  }

  #forget(connection: Deno.Conn): void {
    close(connection);
    this.#silent.delete(connection);
    this.#connections.delete(connection);
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    this.#silent.add(connection);
    const header = await readHeader(connection, this.#timeout);
    this.#silent.delete(connection);
    const { response, headOnly } = this.#respond(header);
    await send(connection, response, headOnly);
  }

  #respond(header: string | HttpResponse): { response: HttpResponse; headOnly: boolean } {
    if (typeof header !== "string") return { response: header, headOnly: false };
    const request = parse(header);
    if ("status" in request) return { response: request, headOnly: false };
    const { headOnly } = request;
    try {
      return { response: this.#answer(request), headOnly };
    } catch {
      return { response: textResponse(500, "this should not have happened\n"), headOnly };
    }
  }
}

/** Everything up to the empty line, or the error response. */
async function readHeader(connection: Deno.Conn, timeout: number): Promise<string | HttpResponse> {
  const buffer = new Uint8Array(LONGEST_REQUEST);
  const deadline = performance.now() + timeout;
  let length = 0;
  while (length < buffer.length) {
    const reading = connection.read(buffer.subarray(length));
    reading.catch(() => {}); // rejects when the connection closes
    const count = await orLate(reading, deadline - performance.now(), () => undefined);
    if (count === undefined) return textResponse(408, "the request has not arrived in time\n");
    if (count === null) throw new Error("nothing was asked");
    const from = Math.max(0, length - 3);
    length += count;
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, length));
    const end = text.indexOf("\r\n\r\n", from);
    if (end >= 0) return text.slice(0, end);
  }
  return textResponse(431, "the header is too long\n");
}

/** A host name or an address, with or without a port. */
const HOST = /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i;

function parse(header: string): HttpRequest & { readonly headOnly: boolean } | HttpResponse {
  const [requestLine = "", ...lines] = header.split("\r\n");
  const [, method, target = "", minor] = /^([A-Za-z]+) (\S+) HTTP\/1\.([01])$/.exec(requestLine) ?? [];
  if (method === undefined) return textResponse(400, "this is no HTTP request\n");
  if (method !== "GET" && method !== "HEAD") {
    const { headers, ...rest } = textResponse(405, "only GET and HEAD are answered\n");
    return { ...rest, headers: { ...headers, allow: "GET, HEAD" } };
  }
  if (!target.startsWith("/")) return textResponse(400, "the request names no path\n");
  const hosts = lines.filter((line) => /^host:/i.test(line)).map((line) => line.slice(5).trim());
  const [host] = hosts;
  if (hosts.length > 1 || (host === undefined && minor === "1") || (host !== undefined && !HOST.test(host))) {
    return textResponse(400, "the Host field is missing or malformed\n");
  }
  const path = target.split(/[?#]/, 1)[0] ?? "/";
  return { path, host: HOST.exec(host ?? "")?.[1]?.toLowerCase(), headOnly: method === "HEAD" };
}

async function send(connection: Deno.Conn, { status, headers, body }: HttpResponse, headOnly: boolean): Promise<void> {
  const encoder = new TextEncoder();
  const whole = typeof body === "string" ? encoder.encode(body) : undefined;
  const fields = {
    ...headers,
    ...(whole === undefined ? {} : { "content-length": String(whole.length) }),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "connection": "close",
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  await write(connection, encoder.encode(`HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n${lines.join("")}\r\n`));
  if (headOnly) return;
  if (whole !== undefined) return await write(connection, whole);
  for await (const part of body as AsyncIterable<string>) await write(connection, encoder.encode(part));
}

function notRead(): never {
  throw new Error("the answer is not read");
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    const writing = connection.write(rest);
    writing.catch(() => {}); // rejects when the connection closes
    rest = rest.subarray(await orLate(writing, READ_TIMEOUT, notRead));
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
