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

/** What is shown, and where. */
export interface StatusServerOptions {
  /** `ADDRESS:PORT`, `:PORT` or `PORT`; the address is that of this machine alone by default. */
  readonly address: string;
  /** The names of this machine. */
  readonly ownNames: readonly string[];
  /** Names by which it may be asked for besides. */
  readonly hosts: readonly string[];
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly overview: Overview;
}

const LOOPBACK = "127.0.0.1";
const METRICS = "text/plain; version=0.0.4; charset=utf-8";

/** How often whoever looks at the page gets news, in ms. */
const INTERVAL = 1_000;

/** Without news, a sign of life after so many intervals keeps proxies from closing the connection. */
const QUIET_INTERVALS = 15;

/** The page may load and ask nothing but what comes from here, and nobody may frame it. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Serves `/healthz` (the process runs), `/readyz` (it can do its work; 503 if not), `/metrics` (for Prometheus), and a
 * page for people, which is live, and as `/status.json`.
 *
 * @throws {UsageError} when the address is none, or cannot be listened on
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

/** What changes on the page, as server-sent events, while somebody looks. */
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

/** @throws {UsageError} */
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
