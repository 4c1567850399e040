import assert from "node:assert/strict";
import { Message } from "../../src/core/message.ts";
import { EnvelopeExcerpt } from "../../src/core/envelope_excerpt.ts";
import { fc, holds } from "../support/properties.ts";

const encoder = new TextEncoder();

function excerpt(text: string, size = Infinity): string {
  const excerpt = new EnvelopeExcerpt();
  const bytes = encoder.encode(text);
  for (let start = 0; start < bytes.length; start += size) excerpt.push(bytes.subarray(start, start + size));
  return new TextDecoder().decode(excerpt.end());
}

Deno.test("an excerpt keeps the top level and empties what is nested", () => {
  assert.equal(
    excerpt('{"id": 1, "method":"a", "params": {"x":["}",{"\\"":1}]}, "list":[1,[2],{"id":3}]}'),
    '{"id": 1, "method":"a", "params": {}, "list":[]}',
  );
});

Deno.test("an excerpt leaves out long strings, but not what is behind them", () => {
  const long = 'x\\"}'.repeat(1_000);
  assert.equal(excerpt(`{"method":"a","text":"${long}","id":"7"}`), '{"method":"a","text":null,"id":"7"}');
  assert.equal(new Message(encoder.encode(excerpt(`{"method":"a","id":"${long}"}`))).kind, "other");
});

Deno.test("an excerpt of a batch keeps the top level of each message, however many there are", () => {
  assert.equal(
    excerpt('[{"id":1,"method":"a","params":{"id":7,"list":[{}]}}, {"id":2,"result":[1]},7,[{"id":3}]]'),
    '[{"id":1,"method":"a","params":{}}, {"id":2,"result":[]},7,[{}]]',
  );
  const many = JSON.stringify(Array.from({ length: 5_000 }, (_, id) => ({ id, method: "a", params: { id: 1 } })));
  assert.equal(excerpt(many, 1_000), many.replaceAll('{"id":1}', "{}"));
  assert.equal(excerpt(`[${"7,".repeat(1_000_000)}`), "");
});

Deno.test("an excerpt of what is no JSON-RPC message is small, and nothing", () => {
  assert.equal(excerpt("x".repeat(1_000_000)), "");
  assert.equal(excerpt("{".repeat(1_000_000)).length, 2);
  assert.equal(excerpt("]".repeat(1_000_000)), "");
});

Deno.test("an excerpt has the envelope of the whole text, however it is cut", () => {
  const value = fc.oneof(fc.jsonValue(), fc.string({ maxLength: 3_000, unit: "binary" }));
  const key = fc.constantFrom("id", "method", "result", "error", "params", "x");
  const id = fc.oneof(fc.integer(), fc.string({ maxLength: 50 }));
  const message = fc.tuple(fc.dictionary(key, value), id, fc.integer({ min: 1, max: 50 }));
  holds(message, ([members, id, size]) => {
    const whole = Message.from({ ...members, method: "tools/call", id });
    const part = Message.from(excerpt(new TextDecoder().decode(whole.bytes), size));
    assert.deepEqual([part.kind, part.id, part.method], [whole.kind, whole.id, whole.method]);
  });
});
