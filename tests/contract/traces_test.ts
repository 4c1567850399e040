/**
 * Spans of calls, as a collector gets them from both ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ask, bridge, initialize } from "../support/bridge.ts";
import { testOnBrokers } from "../support/brokers.ts";
import { Collector } from "../support/collector.ts";
import { run } from "../support/command_line.ts";
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

Deno.test("a collector that is none is a mistake in the command line, which repeats nothing of it", async () => {
  const at = ["serve", "--name", "x", "--otlp-endpoint", "localhost:4317?key=hunter2", "--", "x"];
  const { code, errors } = await run(...at);
  assert.equal(code, 2);
  assert.match(errors, /--otlp-endpoint must be a URL that begins with http:/);
  assert.ok(!errors.includes("hunter2"));
});
