/**
 * An OpenTelemetry collector that keeps what it gets, by OTLP over HTTP in JSON.
 *
 * @module
 */
import assert from "node:assert/strict";

/** A span as it came, with its attributes by name. */
export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly milliseconds: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What the protocol has, as far as a collector insists on it. */
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Member[] };
    readonly scopeSpans: readonly { readonly scope: { readonly name: string }; readonly spans: readonly WireSpan[] }[];
  }[];
}

interface Member {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

interface WireSpan extends Pick<ReceivedSpan, "traceId" | "spanId" | "parentSpanId" | "name" | "kind"> {
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Member[];
  readonly status: { readonly code?: number };
}

/** A running collector. */
export class Collector implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = [];
  readonly requests: { readonly method: string; readonly path: string; readonly headers: Headers }[] = [];
  /** What it answers. */
  status = 200;
  /** Fields of its answers. */
  headers: Record<string, string> = {};
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#take(request),
  );

  /** What `OTEL_EXPORTER_OTLP_ENDPOINT` has to be. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #take(request: Request): Promise<Response> {
    const { method, url, headers } = request;
    this.requests.push({ method, path: new URL(url).pathname, headers: new Headers([...headers]) });
    const body = await request.json();
    if (this.status === 200) this.spans.push(...read(body));
    return Response.json({ partialSuccess: {} }, { status: this.status, headers: this.headers });
  }
}

function read({ resourceSpans }: Export): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) => {
      assert.equal(scope.name, "mcp-mqtt-proxy");
      return spans.map((span) => {
        const { traceId, spanId, parentSpanId, name, kind, status, startTimeUnixNano, endTimeUnixNano } = span;
        assert.match(traceId, /^[\da-f]{32}$/);
        for (const id of [spanId, parentSpanId ?? spanId]) assert.match(id, /^[\da-f]{16}$/);
        for (const time of [startTimeUnixNano, endTimeUnixNano]) assert.match(time, /^\d{19}$/);
        return {
          service: members(resource.attributes)["service.name"] ?? "",
          traceId,
          spanId,
          ...(parentSpanId === undefined ? {} : { parentSpanId }),
          name,
          kind,
          milliseconds: Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6,
          failed: status.code === 2,
          attributes: members(span.attributes),
        };
      });
    })
  );
}

function members(attributes: readonly Member[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
}
