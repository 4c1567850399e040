import assert from "node:assert/strict";
import { Message } from "../../src/core/message.ts";
import { errorIn, traceOf } from "../../src/relay/tracing.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

Deno.test("a trace has the tool of a call and what the call is a part of, and nothing else of its parameters", () => {
  const call = (params: unknown) => traceOf(Message.from({ jsonrpc: "2.0", id: 1, method: "tools/call", params }));
  const _meta = { traceparent: TRACEPARENT };
  assert.deepEqual(call({ name: "rea\u0064", arguments: { name: "x" }, _meta }), {
    traceparent: TRACEPARENT,
    tool: "read",
  });
  assert.deepEqual(call({ arguments: { name: "x" } }), {});
  for (const name of [7, null, {}, "x".repeat(2_000)]) assert.deepEqual(call({ name }), {});
  const control = new Message(new TextEncoder().encode('{"id":1,"method":"tools/call","params":{"name":"a\tb"}}'));
  assert.deepEqual(traceOf(control), { tool: "a\tb" }, "whose host writes what is not quite JSON");
  const prompt = Message.from({ jsonrpc: "2.0", id: 1, method: "prompts/get", params: { name: "x" } });
  assert.deepEqual(traceOf(prompt), {});
});

Deno.test("an answer has failed by its error, or because the tool says so", () => {
  const failed = (answer: object, method = "tools/call") =>
    errorIn(Message.from({ jsonrpc: "2.0", id: 1, ...answer }), method);
  assert.equal(failed({ error: { code: -32601, message: "x" } }), "-32601");
  assert.equal(failed({ error: { code: -32000, message: "x", data: { reason: "timed-out" } } }), "timed-out");
  assert.equal(failed({ result: { content: [{ type: "text", text: "no such file" }], isError: true } }), "tool_error");
  assert.equal(failed({ result: { content: [], isError: false } }), undefined);
  assert.equal(failed({ result: { isError: true } }, "resources/read"), undefined);
  for (const isError of ["true", 1, null, {}]) assert.equal(failed({ result: { isError } }), undefined);
});
