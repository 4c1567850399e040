/**
 * All sinks of a process together.
 *
 * @module
 */
import type { Observer, Observers, ProxyEvent } from "../core/events.ts";
import type { Log } from "./log.ts";
import type { StatusContent } from "./status/mod.ts";

/** Where the status is served. */
export interface StatusOptions {
  /** `ADDRESS:PORT`, `:PORT` or `PORT`; nowhere when `undefined`. */
  readonly status: string | undefined;
  /** Host names that requests may use, besides those of this machine. */
  readonly statusHost: readonly string[];
}

/** Where spans of requests are sent. */
export interface TraceOptions {
  /** The URL of an OpenTelemetry collector; none when `undefined`. */
  readonly otlpEndpoint: string | undefined;
  /** Headers of the requests to the collector: `name=value`, percent-encoded, separated by commas. */
  readonly otlpHeaders: string | undefined;
  /** The name of this process in traces. */
  readonly serviceName: string;
}

/** What is observed, and where it is shown. */
export interface ObservationOptions extends StatusOptions, TraceOptions, StatusContent {
  /** Whether this process sends requests on behalf of a host, or receives them. */
  readonly kind: "client" | "server";
  /** The log. The caller keeps it, and disposes of it. */
  readonly log: Log;
}

/** The sinks of all events, until it is disposed of. */
export type Observation = Observers & AsyncDisposable;

/**
 * Starts the status and the traces, if they are wanted, in addition to the log. Their modules are loaded only then.
 *
 * @throws {UsageError} when the status cannot be served there
 */
export async function observation(options: ObservationOptions): Promise<Observation> {
  const { log: { observe }, status, statusHost } = options;
  await using stack = new AsyncDisposableStack();
  const meters: Observer[] = [];
  if (status !== undefined) {
    const { startStatus } = await import("./status/mod.ts");
    const { observe, server } = startStatus(status, statusHost, options);
    meters.push(observe);
    stack.use(server);
  }
  const { otlpEndpoint: endpoint, otlpHeaders, kind, serviceName, version } = options;
  const traced = endpoint !== undefined && /^https?:$/.test(URL.parse(endpoint)?.protocol ?? "");
  if (traced) {
    const { SpanExporter } = await import("./otlp/exporter.ts");
    const headers = headerFields(otlpHeaders ?? "");
    const exporter = stack.use(new SpanExporter({ endpoint, headers, serviceName, version, kind, observe }));
    meters.push(exporter.observe);
  } else if (endpoint !== undefined) {
    const text = "OTEL_EXPORTER_OTLP_ENDPOINT is no URL that begins with http:// or https://: no spans are sent";
    observe({ type: "warning", text });
  }
  const ending = stack.move();
  const meter = meters.length === 0 ? undefined : (event: ProxyEvent) => meters.forEach((meter) => meter(event));
  return {
    observe: meter === undefined ? observe : (event) => {
      meter(event);
      observe(event);
    },
    meter,
    traced,
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  };
}

/** Reads `a=b,c=d`, percent-encoded, as in W3C Baggage. Invalid header names are left out. */
function headerFields(text: string): Record<string, string> {
  const pairs = text.split(",").map((pair) => pair.split(/=(.*)/s, 2).map((part) => decode(part.trim())));
  return Object.fromEntries(pairs.filter(([name = "", value]) => /^[\w-]+$/.test(name) && value !== undefined));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
