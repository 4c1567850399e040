import assert from "node:assert/strict";
import { Message } from "../../src/core/message.ts";
import { Initialization } from "../../src/relay/initialization.ts";
import { notification, request, response, textOf } from "../support/messages.ts";

const INITIALIZE = request("0", "initialize", '{"protocolVersion":"2025-11-25"}');
const INITIALIZED = notification("notifications/initialized");
const ERROR = Message.from({ jsonrpc: "2.0", id: 0, error: { code: -32602, message: "Unsupported version" } });

const kept = (initialization: Initialization) => initialization.messages;

Deno.test("what opened a conversation is repeated as it was, once the server had accepted it", () => {
  const initialization = new Initialization();
  assert.equal(kept(initialization), undefined);
  initialization.sent(INITIALIZE);
  assert.equal(kept(initialization), undefined);
  initialization.received(response("0"));
  assert.deepEqual(kept(initialization), [INITIALIZE, undefined]);
  initialization.sent(INITIALIZED);
  const [asked, told] = kept(initialization) ?? [];
  assert.ok(asked === INITIALIZE && told === INITIALIZED);
});

Deno.test("nothing is repeated for a host that has not initialized, or whom the server has refused", () => {
  const silent = new Initialization();
  silent.sent(request("0", "tools/list"));
  silent.sent(notification("initialize"));
  silent.received(response("0"));
  assert.equal(kept(silent), undefined);
  const refused = new Initialization();
  refused.sent(INITIALIZE);
  refused.received(ERROR);
  assert.equal(kept(refused), undefined);
});

Deno.test("only the answer to that very request counts, however its id is spelt", () => {
  const initialization = new Initialization();
  initialization.sent(request('"\\u0061"', "initialize"));
  for (const message of [response('"b"'), response("null"), request('"a"'), notification("a")]) {
    initialization.received(message);
  }
  assert.equal(kept(initialization), undefined);
  initialization.received(response('"a"'));
  assert.ok(kept(initialization) !== undefined);
});

Deno.test("a host that initializes anew is repeated with what it said last, and not before that is answered", () => {
  const initialization = new Initialization();
  initialization.sent(INITIALIZE);
  initialization.received(response("0"));
  initialization.sent(INITIALIZED);
  const again = request("7", "initialize");
  initialization.sent(again);
  assert.equal(kept(initialization), undefined);
  initialization.received(response("0"));
  assert.equal(kept(initialization), undefined);
  initialization.received(response("7"));
  assert.deepEqual(kept(initialization), [again, undefined]);
});

Deno.test("an error that comes after the answer, with the same id, takes nothing back", () => {
  const initialization = new Initialization();
  initialization.sent(INITIALIZE);
  initialization.received(response("0"));
  initialization.received(ERROR);
  assert.deepEqual(kept(initialization), [INITIALIZE, undefined]);
});

Deno.test("a version that both have agreed upon is asked for again, and not the one that the host asked for", () => {
  const initialization = new Initialization();
  const asked = request("0", "initialize", '{"x": 1.0, "protocolVersion" : "2025-11-25", "capabilities":{}}');
  initialization.sent(asked);
  initialization.received(response("0", '{"protocolVersion":"2025-06-18"}'));
  const [again] = kept(initialization) ?? [];
  assert.equal(textOf(again), textOf(asked).replace("2025-11-25", "2025-06-18"));
});

Deno.test("what has been forgotten is not repeated", () => {
  const initialization = new Initialization();
  initialization.sent(INITIALIZE);
  initialization.received(response("0"));
  initialization.clear();
  assert.equal(kept(initialization), undefined);
});
