/**
 * Spans of calls, as a collector gets them from both ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ask, bridge, initialize } from "../support/bridge.ts";
import { fixture, startProxy, startServe } from "../support/proxy.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { Collector } from "../support/collector.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { eventually } from "../support/wait.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

testOnBrokers("a call is a span at both ends, both part of the host's trace; payloads are in none", async (broker) => {
  await using collector = new Collector();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b" };
  {
    await using ends = await bridge(broker, {
      serveProcess: { env: { ...env, OTEL_SERVICE_NAME: "garage" } },
      connectProcess: { env },
    });
    await initialize(ends.host);
    const _meta = { traceparent: `00-${TRACE}-${PARENT}-01` };
    await ask(ends.host, 1, "echo", { text: "secret payload", _meta });
    await ends.host.send({ jsonrpc: "2.0", id: 2, method: "exit", params: { code: 3 } });
    await ends.host.output.find((line) => line.includes('"id":2'));
  }
  await eventually("all spans are there", () => collector.spans.filter(({ name }) => name === "exit").length === 2);
  const spans = collector.spans.filter(({ traceId }) => traceId === TRACE);
  const seen = spans.map(({ service, kind, parentSpanId, attributes }) => [
    service,
    kind,
    parentSpanId,
    attributes["mcp_mqtt_proxy.server"],
    attributes["mcp_mqtt_proxy.profile"],
  ]);
  assert.deepEqual(seen.toSorted(), [
    ["garage", 2, PARENT, "echo", "request-response"],
    ["mcp-mqtt-proxy", 3, PARENT, "echo", "request-response"],
  ]);
  const exits = collector.spans.filter(({ name }) => name === "exit");
  assert.deepEqual(exits.map(({ failed, attributes }) => [failed, attributes["error.type"]]), [
    [true, "child-exited"],
    [true, "child-exited"],
  ]);
  assert.equal(collector.requests[0]?.headers.get("x-key"), "a b");
  assert.ok(!JSON.stringify(collector.spans).includes("secret payload"));
});

Deno.test("a call through a gateway is a span of the host's trace, with its tool, and with the error of the tool", async () => {
  await using broker = await embeddedBroker();
  await using collector = new Collector();
  const at = ["--broker", broker.url];
  await using _house = await startServe([...at, "--name", "house", "--", ...fixture("conformance_server.ts")]);
  {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
    await using host = startProxy(["gateway", ...at], { env });
    await ask(host, 0, "initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "test", version: "1" },
    });
    await host.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    const _meta = { traceparent: `00-${TRACE}-${PARENT}-01` };
    await ask(host, 1, "tools/call", { name: "house__test_error_handling", arguments: {}, _meta });
    await host.closeInput();
    await host.status;
  }
  const [span] = await eventually("the span is there", () => {
    const found = collector.spans.filter(({ traceId }) => traceId === TRACE);
    return found.length > 0 && found;
  });
  assert.ok(span !== undefined);
  assert.deepEqual([span.kind, span.parentSpanId, span.failed], [3, PARENT, true]);
  assert.deepEqual([span.attributes["gen_ai.tool.name"], span.attributes["error.type"]], [
    "test_error_handling",
    "tool_error",
  ]);
});

Deno.test("an endpoint that a host has for something else is told of, not repeated, and keeps nobody from working", async () => {
  await using broker = await embeddedBroker();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4317?key=hunter2", OTEL_EXPORTER_OTLP_HEADERS: "%,=x,a b=%zz" };
  await using ends = await bridge(broker, { serveProcess: { env }, connectProcess: { env } });
  await initialize(ends.host);
  for (const { errors } of [ends.serve, ends.host]) {
    await errors.find((line) => line.includes("OTEL_EXPORTER_OTLP_ENDPOINT is no URL"));
    assert.ok(!errors.seen.some((line) => line.includes("hunter2")));
  }
});
