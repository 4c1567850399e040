import assert from "node:assert/strict";
import { TextReader } from "../../src/core/text_reader.ts";

function readTwice(text: string): string[] {
  const reader = new TextReader();
  const bytes = new TextEncoder().encode(`<${text}>`);
  return [0, 1].map(() => reader.read(bytes, 1, bytes.length - 1));
}

for (const text of ["", "tools/call", "0", "00", "7", "999999999999999", "9".repeat(20), "ü😀", "x".repeat(300)]) {
  Deno.test(`"${text.slice(0, 20)}" is read as it is, the first time and from memory`, () => {
    assert.deepEqual(readTwice(text), [text, text]);
  });
}

Deno.test("a byte order mark is a character like any other (MQTT 5.0, 1.5.4-3)", () => {
  assert.deepEqual(readTwice("\ufeffmcp"), ["\ufeffmcp", "\ufeffmcp"]);
});

Deno.test("texts whose bytes differ never take each other's place", () => {
  const reader = new TextReader();
  const encoder = new TextEncoder();
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < 2_000; number++) {
      const text = `topic/${number}`;
      const bytes = encoder.encode(text);
      assert.equal(reader.read(bytes, 0, bytes.length), text);
    }
  }
});
