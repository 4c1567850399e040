/**
 * The status over HTTP.
 *
 * @module
 */
import { sleep } from "../../core/waiting.ts";
import { errorText } from "../../core/text.ts";
import { UsageError } from "../../core/usage_error.ts";
import { hostCheck } from "./host_check.ts";
import { type HttpRequest, type HttpResponse, HttpServer, textResponse } from "./http_server.ts";
import type { Metrics } from "./metrics.ts";
import type { Overview } from "./overview.ts";
import { content, page } from "./page.ts";
import { SCRIPT, STYLE } from "./page_files.ts";
import type { Readiness } from "./readiness.ts";

/** The content of the status, and where it is served. */
export interface StatusServerOptions {
  /** `ADDRESS:PORT`, `:PORT` or `PORT`; by default the address is a loopback address. */
  readonly address: string;
  /** The names of this machine. */
  readonly ownNames: readonly string[];
  /** Further host names that requests may use. */
  readonly hosts: readonly string[];
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly overview: Overview;
}

const LOOPBACK = "127.0.0.1";
const METRICS = "text/plain; version=0.0.4; charset=utf-8";

/** How often an open page gets updates, in ms. */
const INTERVAL = 1_000;

/** After this many intervals without an update a comment is sent, so that proxies do not close the connection. */
const QUIET_INTERVALS = 15;

/** The page may load and request only what comes from this server, and no other page may frame it. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Serves `/healthz` (the process runs), `/readyz` (it can do its work; 503 if not), `/metrics` (for Prometheus), a live
 * page, and `/status.json` with the content of the page.
 *
 * @throws {UsageError} when the address is invalid, or cannot be listened on
 */
export function startStatusServer(options: StatusServerOptions): AsyncDisposable {
  const { address, hosts, ownNames } = options;
  const { hostname, port } = parseAddress(address);
  const mayAsk = hostCheck(hostname, ownNames, hosts);
  let listener: Deno.Listener;
  try {
    listener = Deno.listen({ hostname, port });
  } catch (error) {
    throw new UsageError([`--status ${address} cannot be listened on: ${errorText(error)}`], { cause: error });
  }
  const ended = new AbortController();
  const server = new HttpServer(listener, (request) => {
    if (mayAsk(request.host)) return answer(request, options, ended.signal);
    return textResponse(403, `"${request.host}" is no name of this machine; to allow it, add --status-host NAME\n`);
  });
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await server[Symbol.asyncDispose]();
    },
  };
}

function answer(
  { path }: HttpRequest,
  { metrics, readiness, overview }: StatusServerOptions,
  ended: AbortSignal,
): HttpResponse {
  switch (path) {
    case "/healthz":
      return textResponse(200, "ok\n");
    case "/readyz":
      return textResponse(readiness.ready ? 200 : 503, conditionLines(readiness));
    case "/metrics":
      return textResponse(200, metrics.render(), METRICS);
    case "/status.json":
      return textResponse(200, `${JSON.stringify(overview.status, undefined, 2)}\n`, "application/json");
    case "/status.css":
      return textResponse(200, STYLE, "text/css; charset=utf-8");
    case "/status.js":
      return textResponse(200, SCRIPT, "text/javascript; charset=utf-8");
    case "/events":
      return { status: 200, headers: { "content-type": "text/event-stream" }, body: news(overview, ended) };
    case "/": {
      const { headers, ...rest } = textResponse(200, page(overview.status), "text/html; charset=utf-8");
      return { ...rest, headers: { ...headers, "content-security-policy": POLICY, "referrer-policy": "no-referrer" } };
    }
    default:
      return textResponse(404, "there are /, /status.json, /healthz, /readyz and /metrics\n");
  }
}

/** Updates of the page as server-sent events, while the page is open. */
async function* news(overview: Overview, ended: AbortSignal): AsyncIterable<string> {
  let shown = "";
  for (let quiet = 0; !ended.aborted; quiet++) {
    const next = content(overview.status);
    if (next !== shown) {
      yield `data: ${next.replaceAll("\n", "\ndata: ")}\n\n`;
      quiet = 0;
    } else if (quiet % QUIET_INTERVALS === 0) {
      yield ": nothing new\n\n";
    }
    shown = next;
    await sleep(INTERVAL, ended).catch(() => {});
  }
}

/** @throws {UsageError} when the address is invalid */
function parseAddress(address: string): { hostname: string; port: number } {
  const [, host = "", digits = ""] = /^(?:(\[.*\]|[^:]*):)?(\d{1,5})$/.exec(address) ?? [];
  const port = Number(digits);
  if (digits === "" || port > 65_535) {
    throw new UsageError([`--status must be ADDRESS:PORT, such as 127.0.0.1:9100; it is "${address}"`]);
  }
  return { hostname: host === "" ? LOOPBACK : host.replace(/^\[(.*)\]$/, "$1"), port };
}

function conditionLines({ conditions }: Readiness): string {
  return conditions.map(({ name, met, detail }) => `${met ? "ok  " : "FAIL"} ${name}: ${detail}\n`).join("");
}
