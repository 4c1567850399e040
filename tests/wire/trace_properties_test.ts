import assert from "node:assert/strict";
import { Message } from "../../src/core/message.ts";
import { isTraced, shownTrace, traceProperties } from "../../src/wire/trace_properties.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const withMeta = (meta: unknown, place = "params") =>
  Message.from(
    place === "params"
      ? { jsonrpc: "2.0", id: 1, method: "tools/call", params: { _meta: meta } }
      : { jsonrpc: "2.0", id: 1, result: { _meta: meta } },
  );

Deno.test("a message's trace context is read where requests, notifications and responses have it", () => {
  const meta = { traceparent: TRACEPARENT, tracestate: "vendor=1,other=a:b" };
  assert.deepEqual(traceProperties(withMeta(meta)), meta);
  assert.deepEqual(traceProperties(withMeta(meta, "result")), meta);
  const notification = { jsonrpc: "2.0", method: "notifications/progress", params: { _meta: meta } };
  assert.deepEqual(traceProperties(Message.from(notification)), meta);
  assert.deepEqual(traceProperties(withMeta({ traceparent: TRACEPARENT })), { traceparent: TRACEPARENT });
});

Deno.test("what is no trace context is not shown", () => {
  for (const meta of [{}, undefined, { traceparent: "x" }, { traceparent: 1 }, { tracestate: "a=1" }]) {
    assert.equal(isTraced(withMeta(meta)), false);
  }
  for (const tracestate of ["a=\u0007", "a=ü", "x".repeat(513), "", 5, 'a="b']) {
    assert.deepEqual(traceProperties(withMeta({ traceparent: TRACEPARENT, tracestate })), { traceparent: TRACEPARENT });
  }
});

Deno.test("unless it was asked for, nothing is shown", () => {
  const message = withMeta({ traceparent: TRACEPARENT });
  assert.deepEqual(shownTrace(message, {}), {});
  assert.deepEqual(shownTrace(message, { traceContext: true }), {
    properties: { userProperties: { traceparent: TRACEPARENT } },
  });
});
