import assert from "node:assert/strict";
import { Message } from "../../src/core/message.ts";
import { Outline } from "../../src/core/envelope_excerpt.ts";
import { fc, holds } from "../support/properties.ts";

const encoder = new TextEncoder();

function outline(text: string, size = Infinity): string {
  const outline = new Outline();
  const bytes = encoder.encode(text);
  for (let start = 0; start < bytes.length; start += size) outline.push(bytes.subarray(start, start + size));
  return new TextDecoder().decode(outline.end());
}

Deno.test("an outline keeps the top level and empties what is nested", () => {
  assert.equal(
    outline('{"id": 1, "method":"a", "params": {"x":["}",{"\\"":1}]}, "list":[1,[2],{"id":3}]}'),
    '{"id": 1, "method":"a", "params": {}, "list":[]}',
  );
});

Deno.test("an outline leaves out long strings, but not what is behind them", () => {
  const long = 'x\\"}'.repeat(1_000);
  assert.equal(outline(`{"method":"a","text":"${long}","id":"7"}`), '{"method":"a","text":null,"id":"7"}');
  assert.equal(new Message(encoder.encode(outline(`{"method":"a","id":"${long}"}`))).kind, "other");
});

Deno.test("an outline of what is no JSON-RPC message is small, and nothing", () => {
  assert.equal(outline("x".repeat(1_000_000)), "");
  assert.equal(outline("{".repeat(1_000_000)).length, 2);
  assert.equal(outline("]".repeat(1_000_000)), "");
});

Deno.test("an outline has the envelope of the whole text, however it is cut", () => {
  const value = fc.oneof(fc.jsonValue(), fc.string({ maxLength: 3_000, unit: "binary" }));
  const key = fc.constantFrom("id", "method", "result", "error", "params", "x");
  const id = fc.oneof(fc.integer(), fc.string({ maxLength: 50 }));
  const message = fc.tuple(fc.dictionary(key, value), id, fc.integer({ min: 1, max: 50 }));
  holds(message, ([members, id, size]) => {
    const whole = Message.from({ ...members, method: "tools/call", id });
    const part = Message.from(outline(new TextDecoder().decode(whole.bytes), size));
    assert.deepEqual([part.kind, part.id, part.method], [whole.kind, whole.id, whole.method]);
  });
});
