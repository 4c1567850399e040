/**
 * Spans of requests, sent to an OpenTelemetry collector.
 *
 * Deno has an exporter of its own. But in an executable it is switched on or off at compile time.
 *
 * Source: OTLP 1.x, section "OTLP/HTTP", in JSON.
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";
import { waitAtMost } from "../../core/waiting.ts";
import type { Observer } from "../../core/events.ts";
import { attributes, type Span, type SpanKind, spanOf } from "./span.ts";

/** How often spans are sent, in ms. They are sent earlier when there are {@linkcode BATCH}. */
const INTERVAL = 5_000;

const BATCH = 512;

/** How many spans wait for a collector that is away. When there are more, the oldest are dropped. */
const MOST = 4_096;

/** How long a collector may take, in ms. */
const TIMEOUT = 10_000;

/** How long the last spans may take to be sent when the process ends, in ms. */
const END_TIMEOUT = 1_500;

/** HTTP status codes after which the same spans may be sent again. */
const PASSING = [429, 502, 503, 504];

/** The longest pause between two requests, in ms, whatever the `Retry-After` of the collector says. */
const LONGEST_PAUSE = 5 * 60_000;

/** Where spans are sent, and how they describe this process. */
export interface ExporterOptions {
  /** The collector's URL as in `OTEL_EXPORTER_OTLP_ENDPOINT`, without the path for traces. */
  readonly endpoint: string;
  /** Headers of each request, such as an API key. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly version: string;
  readonly kind: SpanKind;
  /** Told when the collector does not accept spans: once, until it accepts them again. */
  readonly observe: Observer;
  /** @default {systemClock} */
  readonly clock?: Clock;
}

/** A sink that makes spans. Disposing of it sends the remaining ones. */
export class SpanExporter implements AsyncDisposable {
  readonly #options: ExporterOptions;
  readonly #url: string;
  readonly #clock: Clock;
  #spans: Span[] = [];
  #cancelTimer: (() => void) | undefined;
  #sending: Promise<void> | undefined;
  #failing = false;
  /** Whether nothing is sent until the timer fires. */
  #paused = false;

  constructor(options: ExporterOptions) {
    this.#options = options;
    this.#url = `${options.endpoint.replace(/\/+$/, "")}/v1/traces`;
    this.#clock = options.clock ?? systemClock;
  }

  /** The observer that makes spans of events. */
  readonly observe: Observer = (event) => {
    if (event.type !== "request.ended") return;
    const span = spanOf(event, this.#options.kind, Date.now());
    if (span === undefined) return;
    if (this.#spans.push(span) > MOST) this.#spans.shift();
    if (this.#spans.length >= BATCH && !this.#paused) this.#send();
    else this.#sendAfter(INTERVAL);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await waitAtMost(this.#sending ?? Promise.resolve(), END_TIMEOUT);
    this.#send();
    await waitAtMost(this.#sending ?? Promise.resolve(), END_TIMEOUT);
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #sendAfter(delay: number): void {
    this.#cancelTimer ??= this.#clock.after(delay, () => this.#send());
  }

  #send(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#paused = false;
    if (this.#spans.length === 0 || this.#sending !== undefined) return;
    const spans = this.#spans.splice(0, BATCH);
    this.#sending = this.#post(spans).then((failure) => {
      this.#sending = undefined;
      if (failure !== undefined) this.#failed(failure, spans);
      this.#failing = failure !== undefined;
      if (this.#spans.length >= BATCH && !this.#paused) this.#send();
      else if (this.#spans.length > 0) this.#sendAfter(INTERVAL);
    });
  }

  #failed({ cause, pause }: ExportFailure, spans: readonly Span[]): void {
    if (!this.#failing) {
      const { origin } = new URL(this.#url); // without user name and password; the path may be secret too
      this.#options.observe({ type: "warning", text: `the collector at ${origin} takes no spans: ${cause}` });
    }
    if (pause === undefined) return;
    this.#spans.unshift(...spans);
    this.#spans.splice(0, this.#spans.length - MOST);
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#paused = true;
    this.#sendAfter(pause);
  }

  /** Sends spans. Resolves with the reason if the collector has not accepted them. */
  async #post(spans: readonly Span[]): Promise<ExportFailure | undefined> {
    const { headers, serviceName, version } = this.#options;
    const scope = { name: "mcp-mqtt-proxy", version };
    const resource = { attributes: attributes({ "service.name": serviceName, "service.version": version }) };
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] }),
        redirect: "manual", // the headers may hold a secret, and must not reach another server
        signal: AbortSignal.timeout(TIMEOUT),
      });
      await response.body?.cancel();
      return response.ok ? undefined : failureOf(response);
    } catch (error) {
      return { cause: causeOf(error, this.#url), pause: INTERVAL };
    }
  }
}

/** Why a collector has not accepted spans. */
interface ExportFailure {
  readonly cause: string;
  /** After how many ms the same spans may be sent again; `undefined` when they would be rejected again. */
  readonly pause: number | undefined;
}

function failureOf({ status, headers }: Response): ExportFailure {
  const seconds = Number(headers.get("retry-after") ?? 0); // a date is not supported, and means the usual pause
  const pause = Math.min(Math.max(seconds * 1_000 || 0, INTERVAL), LONGEST_PAUSE);
  const remedy = REMEDIES[status];
  const cause = `it answers ${status}${remedy === undefined ? "" : `. ${remedy}`}`;
  return { cause, pause: PASSING.includes(status) ? pause : undefined };
}

const UNAUTHORIZED = "Give its key by OTEL_EXPORTER_OTLP_HEADERS";

const REMEDIES: Readonly<Record<number, string>> = {
  401: UNAUTHORIZED,
  403: UNAUTHORIZED,
  404: 'Give OTEL_EXPORTER_OTLP_ENDPOINT without "/v1/traces", which is added to it',
};

/** The cause in our own words. The runtime's messages repeat the URL, which may hold a password. */
function causeOf(error: unknown, url: string): string {
  if (error instanceof Deno.errors.NotCapable) return error.message;
  if (error instanceof DOMException && error.name === "TimeoutError") return `no answer within ${TIMEOUT / 1_000} s`;
  if (new URL(url).port === "4317") return "it cannot be reached. Its port for OTLP over HTTP is usually 4318";
  return "it cannot be reached";
}
