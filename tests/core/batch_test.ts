import assert from "node:assert/strict";
import { requestsIn, responsesIn } from "../../src/core/batch.ts";
import { Message } from "../../src/core/message.ts";
import { textOf } from "../support/messages.ts";

const REQUEST = '{"jsonrpc":"2.0","id":1.0,"method":"a"}';
const RESPONSE = '{"id": "x", "result": {"list": [1, {"b": "],"}]}}';
const NOTIFICATION = '{"jsonrpc":"2.0","method":"n"}';

function found(json: string): unknown {
  const message = Message.from(json);
  return [requestsIn(message).map(textOf), responsesIn(message).map(textOf)];
}

Deno.test("a message that is no batch is its own request or response", () => {
  assert.deepEqual(found(REQUEST), [[REQUEST], []]);
  assert.deepEqual(found(RESPONSE), [[], [RESPONSE]]);
  assert.deepEqual(found(NOTIFICATION), [[], []]);
});

Deno.test("the requests and the responses of a batch are found, and what is neither is left out", () => {
  assert.deepEqual(found(` [ ${REQUEST} ,${NOTIFICATION}, ${RESPONSE},7,"x",[${REQUEST}] ] `), [[REQUEST], [RESPONSE]]);
  assert.deepEqual(found(`[${REQUEST},${REQUEST}]`), [[REQUEST, REQUEST], []]);
});

Deno.test("an empty or a broken batch holds nothing", () => {
  for (const json of ["[]", "[ ]", `[${REQUEST}`, `[${REQUEST} ${REQUEST}]`, `[${REQUEST},]`, "[,]", "{}", "x"]) {
    assert.deepEqual(found(json), [[], []], json);
  }
});
