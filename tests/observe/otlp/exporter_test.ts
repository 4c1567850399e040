import assert from "node:assert/strict";
import type { ProxyEvent } from "../../../src/core/events.ts";
import { type ExporterOptions, SpanExporter } from "../../../src/observe/otlp/exporter.ts";
import { Collector } from "../../support/collector.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { eventually } from "../../support/wait.ts";

const ENDED = {
  type: "request.ended",
  server: "files",
  profile: "request-response",
  session: "c/1",
  method: "tools/call",
  duration: 12.5,
} as const;

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

/** What a collector gets of these events, and what is told meanwhile. */
async function exported(events: readonly ProxyEvent[], options: Partial<ExporterOptions> = {}) {
  await using collector = new Collector();
  const told: string[] = [];
  {
    await using exporter = new SpanExporter({
      endpoint: collector.endpoint,
      headers: {},
      serviceName: "bridge",
      version: "1",
      kind: "server",
      observe: (event) => event.type === "warning" && told.push(event.text),
      ...options,
    });
    for (const event of events) exporter.observe(event);
  }
  return { spans: collector.spans, requests: collector.requests, told };
}

Deno.test("the end of a request is a span with its server, its profile and its session", async () => {
  const { spans: [span, ...others], requests } = await exported([ENDED, { type: "warning", text: "x" }]);
  assert.deepEqual(others, []);
  const { service, name, kind, milliseconds, failed, parentSpanId, attributes } = span ?? {};
  assert.deepEqual([service, name, kind, milliseconds, failed, parentSpanId], [
    "bridge",
    "tools/call",
    2,
    12.5,
    false,
    undefined,
  ]);
  assert.deepEqual(attributes, {
    "rpc.system": "jsonrpc",
    "mcp.method.name": "tools/call",
    "mcp.session.id": "c/1",
    "network.protocol.name": "mqtt",
    "mcp_mqtt_proxy.server": "files",
    "mcp_mqtt_proxy.profile": "request-response",
  });
  assert.deepEqual(requests.map(({ method, path }) => [method, path]), [["POST", "/v1/traces"]]);
  assert.equal(requests[0]?.headers.get("content-type"), "application/json");
});

Deno.test("a span is part of the trace that the request names, unless nothing of that is to be recorded", async () => {
  const traceparent = `00-${TRACE}-${PARENT}-01`;
  const { spans: [span] } = await exported([{ ...ENDED, traceparent }], { kind: "client" });
  assert.deepEqual([span?.traceId, span?.parentSpanId, span?.kind], [TRACE, PARENT, 3]);
  assert.deepEqual((await exported([{ ...ENDED, traceparent: `00-${TRACE}-${PARENT}-00` }])).spans, []);
  for (const invalid of ["", `ff-${TRACE}-${PARENT}-01`, `00-${"0".repeat(32)}-${PARENT}-01`, `00-${TRACE}-01`]) {
    const { spans: [span] } = await exported([{ ...ENDED, traceparent: invalid }]);
    assert.equal(span?.parentSpanId, undefined, invalid);
    assert.notEqual(span?.traceId, TRACE);
  }
});

Deno.test("a request that was not answered is an error, with its reason", async () => {
  const { spans: [span] } = await exported([{ ...ENDED, reason: "timed-out" }]);
  assert.deepEqual([span?.failed, span?.attributes["error.type"]], [true, "timed-out"]);
});

Deno.test("spans are sent together after five seconds, or when there are 512, with the headers that are wanted", async () => {
  await using collector = new Collector();
  const clock = new ManualClock();
  const options = { serviceName: "s", version: "1", kind: "server", observe: () => {}, clock } as const;
  await using exporter = new SpanExporter({
    ...options,
    endpoint: `${collector.endpoint}/`,
    headers: { "x-key": "k" },
  });
  for (let count = 0; count < 3; count++) exporter.observe(ENDED);
  assert.equal(collector.requests.length, 0);
  await clock.advance(5_000);
  await eventually("three spans are there", () => collector.spans.length === 3);
  assert.equal(collector.requests[0]?.headers.get("x-key"), "k");
  for (let count = 0; count < 512; count++) exporter.observe(ENDED);
  await eventually("the others too", () => collector.spans.length === 515);
  assert.equal(collector.requests.length, 2);
});

Deno.test("what a collector that is away did not take comes later, at most 4096 spans; that is told once", async () => {
  await using collector = new Collector();
  collector.status = 503;
  const clock = new ManualClock();
  const told: string[] = [];
  const observe = (event: ProxyEvent) => event.type === "warning" ? told.push(event.text) : 0;
  const options = { headers: {}, serviceName: "s", version: "1", kind: "server", observe, clock } as const;
  await using exporter = new SpanExporter({ ...options, endpoint: collector.endpoint });
  for (let round = 1; round <= 2; round++) {
    exporter.observe(ENDED);
    await clock.advance(5_000);
    await eventually("it was asked", () => collector.requests.length === round && clock.timers === 1);
  }
  assert.deepEqual(told, [`the collector at ${collector.endpoint} takes no spans: it answers 503`]);
  for (let count = 0; count < 6_000; count++) exporter.observe(ENDED);
  assert.equal(collector.requests.length, 2, "a full batch asks no earlier");
  await clock.advance(5_000);
  await eventually("it was asked again", () => collector.requests.length === 3 && clock.timers === 1);
  collector.status = 200;
  for (let round = 1; round <= 10; round++) {
    await clock.advance(5_000);
    await eventually("a batch has come", () => collector.spans.length >= Math.min(4_096, round * 512));
    await eventually("it is ready for the next", () => clock.timers === 1 || collector.spans.length >= 4_096);
  }
  assert.ok(collector.spans.length <= 4_096 + 512, `${collector.spans.length} spans`);
});

Deno.test("a collector that is not there harms nobody, and its login is not told", async () => {
  const { told } = await exported([ENDED], { endpoint: "http://me:hunter2@127.0.0.1:1" });
  assert.deepEqual(told, ["the collector at http://127.0.0.1:1 takes no spans: it cannot be reached"]);
});

Deno.test("a collector is left alone for as long as its Retry-After says, but for five minutes at most", async () => {
  for (
    const [status, retryAfter, pause] of [
      [503, "60", 60],
      [429, "1", 5],
      [503, "Wed, 21 Oct 2026 07:28:00 GMT", 5],
      [503, "99999", 300],
    ] as const
  ) {
    await using collector = new Collector();
    collector.status = status;
    collector.headers = { "retry-after": retryAfter };
    const clock = new ManualClock();
    const options = { headers: {}, serviceName: "s", version: "1", kind: "server", observe: () => {}, clock } as const;
    await using exporter = new SpanExporter({ ...options, endpoint: collector.endpoint });
    for (let count = 0; count < 512; count++) exporter.observe(ENDED);
    await eventually("it was asked", () => collector.requests.length === 1 && clock.timers === 1);
    collector.status = 200;
    for (let count = 0; count < 512; count++) exporter.observe(ENDED);
    await clock.advance(pause * 1_000 - 1);
    assert.equal(collector.requests.length, 1, retryAfter);
    await clock.advance(1);
    await eventually("the spans are there", () => collector.spans.length === 1_024);
  }
});

Deno.test("an answer that will not change is told with what to do, and its spans are dropped", async () => {
  for (
    const [status, cause] of [
      [401, "it answers 401. Give its key by OTEL_EXPORTER_OTLP_HEADERS"],
      [404, 'it answers 404. Give OTEL_EXPORTER_OTLP_ENDPOINT without "/v1/traces", which is added to it'],
      [400, "it answers 400"],
    ] as const
  ) {
    await using collector = new Collector();
    collector.status = status;
    const { told } = await exported([ENDED], { endpoint: collector.endpoint });
    assert.deepEqual(told, [`the collector at ${collector.endpoint} takes no spans: ${cause}`]);
    assert.equal(collector.requests.length, 1);
  }
});

Deno.test("a redirection is not followed, since it would take the headers elsewhere", async () => {
  await using other = new Collector();
  await using collector = new Collector();
  collector.status = 307;
  collector.headers = { location: other.endpoint };
  const { told } = await exported([ENDED], { endpoint: collector.endpoint, headers: { "x-key": "k" } });
  assert.deepEqual(told, [`the collector at ${collector.endpoint} takes no spans: it answers 307`]);
  assert.deepEqual(other.requests, []);
});

Deno.test("the span of a call names the tool", async () => {
  const { spans: [span] } = await exported([{ ...ENDED, tool: "read_file" }]);
  assert.deepEqual([span?.name, span?.attributes["gen_ai.tool.name"]], ["tools/call read_file", "read_file"]);
});
