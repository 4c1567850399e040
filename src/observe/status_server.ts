/**
 * The status over HTTP.
 *
 * @module
 */
import { errorText } from "../core/text.ts";
import { UsageError } from "../core/usage_error.ts";
import type { Metrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";

/** What is shown, and where. */
export interface StatusOptions {
  /** `ADDRESS:PORT`, `:PORT` or `PORT`; the address is that of this machine alone by default. */
  readonly address: string;
  readonly title: string;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
}

const LOOPBACK = "127.0.0.1";
const TEXT = "text/plain; charset=utf-8";
const METRICS = "text/plain; version=0.0.4; charset=utf-8";
const HTML = "text/html; charset=utf-8";

/**
 * Serves `/healthz` (the process runs), `/readyz` (it can do its work; 503 if not), `/metrics` (for Prometheus) and a
 * page for people.
 *
 * @throws {UsageError} when the address is none, or cannot be listened on
 */
export function startStatusServer({ address, title, metrics, readiness }: StatusOptions): AsyncDisposable {
  const { hostname, port } = parseAddress(address);
  let server: Deno.HttpServer;
  try {
    server = Deno.serve({ hostname, port, onListen: () => {} }, (request) => {
      switch (new URL(request.url).pathname) {
        case "/healthz":
          return respond("ok\n", TEXT);
        case "/readyz":
          return respond(conditionLines(readiness), TEXT, readiness.ready ? 200 : 503);
        case "/metrics":
          return respond(metrics.render(), METRICS);
        case "/":
          return respond(page(title, metrics, readiness), HTML);
        default:
          return respond("there are /, /healthz, /readyz and /metrics\n", TEXT, 404);
      }
    });
  } catch (error) {
    throw new UsageError([`--status ${address} cannot be listened on: ${errorText(error)}`], { cause: error });
  }
  return { [Symbol.asyncDispose]: () => server.shutdown() };
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

function respond(body: string, contentType: string, status = 200): Response {
  return new Response(body, { status, headers: { "content-type": contentType, "cache-control": "no-store" } });
}

function conditionLines({ conditions }: Readiness): string {
  return conditions.map(({ name, met, detail }) => `${met ? "ok  " : "FAIL"} ${name}: ${detail}\n`).join("");
}

function page(title: string, metrics: Metrics, readiness: Readiness): string {
  const rows = readiness.conditions
    .map(({ name, met, detail }) => `<tr><td>${met ? "✓" : "✗"}<td>${escape(name)}<td>${escape(detail)}`);
  const numbers = [
    ["sessions", metrics.value("sessions")],
    ["requests pending", metrics.value("requests_pending")],
    ["messages to servers", metrics.value("messages_to_server_total")],
    ["messages to clients", metrics.value("messages_to_client_total")],
    ["messages sent again", metrics.value("messages_retransmitted_total")],
    ["broker connections so far", metrics.value("broker_connections_total")],
  ].map(([name, value]) => `<tr><td>${name}<td>${value}`);
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>${escape(title)}</title>
<style>body{font:16px system-ui;margin:2em}td{padding:.2em 1em .2em 0}</style>
<h1>${escape(title)}: ${readiness.ready ? "ready" : "not ready"}</h1>
<table>${rows.join("\n")}</table><h2>Numbers</h2><table>${numbers.join("\n")}</table>
<p><a href="/readyz">readyz</a> <a href="/metrics">metrics</a></p>
`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
