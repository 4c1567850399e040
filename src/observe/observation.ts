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
  /** Names by which it may be asked for, besides those of this machine. */
  readonly statusHost: readonly string[];
}

/** Where spans of requests are sent. */
export interface TraceOptions {
  /** The URL of an OpenTelemetry collector; none when `undefined`. */
  readonly otlpEndpoint: string | undefined;
  /** Fields of the requests to it: `name=value`, percent-encoded, with commas between them. */
  readonly otlpHeaders: string | undefined;
  /** What this process is called in traces. */
  readonly serviceName: string;
}

/** What is observed, and shown where. */
export interface ObservationOptions extends StatusOptions, TraceOptions, StatusContent {
  /** Whether this process asks on behalf of a host, or is asked. */
  readonly kind: "client" | "server";
  /** It stays the caller's. */
  readonly log: Log;
}

/** Where events go, until it is disposed of. */
export type Observation = Observers & AsyncDisposable;

/**
 * Starts the status, if it is wanted, beside the log. What only they need is loaded only then.
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

/** `a=b,c=d`, percent-encoded, as W3C Baggage has it. What is no name of a field is left out. */
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
