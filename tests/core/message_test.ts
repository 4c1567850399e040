import assert from "node:assert/strict";
import { Message } from "../../src/core/message.ts";
import { bytes, holds } from "../support/properties.ts";

Deno.test("a message is its bytes, and no copy of them", () => {
  const payload = new TextEncoder().encode(' {"id": 1.0, "method" : "a", "x": 12345678901234567890} ');
  const message = new Message(payload);
  assert.equal(message.bytes, payload);
  assert.deepEqual([message.kind, message.id, message.method], ["request", "1.0", "a"]);
});

Deno.test("a message can be made of text or of a value", () => {
  assert.equal(Message.from('{"method":"a"}').kind, "notification");
  assert.deepEqual(Message.from({ method: "ü" }).parse(), { method: "ü" });
});

Deno.test("a message can be made of any bytes, and says when they cannot be read", () => {
  holds(bytes(100), (payload) => assert.equal(new Message(payload).bytes, payload));
  const broken = Message.from('{"id":1,"method":"a","params":{broken}}');
  assert.equal(broken.kind, "request");
  assert.throws(() => broken.parse(), SyntaxError);
});
