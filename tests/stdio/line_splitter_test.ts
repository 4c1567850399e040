import assert from "node:assert/strict";
import { LineSplitter } from "../../src/stdio/line_splitter.ts";
import { fc, holds } from "../support/properties.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Split {
  readonly lines: string[];
  readonly rest: string;
  readonly tooLong: number[];
}

function split(chunks: readonly Uint8Array[], maximum = Infinity): Split {
  const tooLong: number[] = [];
  const splitter = new LineSplitter(maximum, (length) => tooLong.push(length));
  // A chunk belongs to the splitter; a copy shows that none is read after the next one came.
  const lines = chunks.flatMap((chunk) => [...splitter.push(chunk.slice())]).map((line) => decoder.decode(line));
  return { lines, rest: decoder.decode(splitter.end() ?? new Uint8Array()), tooLong };
}

function chunked(text: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = encoder.encode(text);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const anyText = fc.array(fc.constantFrom("a", "\n", "\r\n", "\r", "ü", "😀", '{"id":1}'), { maxLength: 60 })
  .map((parts) => parts.join(""));
const cuts = fc.array(fc.nat(200), { maxLength: 20 });

Deno.test("the lines are the same however the stream is cut into chunks", () => {
  holds(fc.tuple(anyText, cuts), ([text, cuts]) => {
    const expected = text.split("\n").map((line) => line.replace(/\r$/, ""));
    const { lines, rest } = split(chunked(text, cuts));
    assert.deepEqual([...lines, rest], expected);
  });
});

Deno.test("a line that is too long is reported once and dropped, however it is cut, and the others are kept", () => {
  const line = fc.integer({ min: 0, max: 30 }).map((length) => "x".repeat(length));
  holds(fc.tuple(fc.array(line, { minLength: 1, maxLength: 20 }), cuts), ([texts, cuts]) => {
    const { lines, tooLong } = split(chunked(texts.map((text) => `${text}\n`).join(""), cuts), 10);
    assert.deepEqual(lines, texts.filter(({ length }) => length <= 10));
    assert.equal(tooLong.length, texts.length - lines.length);
  });
});

Deno.test("a last line that is too long is no line", () => {
  assert.deepEqual(split([encoder.encode("ok\n" + "x".repeat(11))], 10), { lines: ["ok"], rest: "", tooLong: [11] });
});

Deno.test("a line that does not end until long after the limit takes no memory", () => {
  let reports = 0;
  const splitter = new LineSplitter(1_000_000, () => reports++);
  const chunk = new Uint8Array(1_000_000).fill(0x78);
  const before = Deno.memoryUsage();
  for (let number = 0; number < 300; number++) assert.deepEqual([...splitter.push(chunk.slice())], []);
  const after = Deno.memoryUsage();
  assert.equal(reports, 1);
  const grown = after.external + after.heapUsed - before.external - before.heapUsed;
  assert.ok(grown < 200_000_000, `${grown} bytes of 300 MB are still there`);
  assert.deepEqual([...splitter.push(encoder.encode("\nnext\n"))].map((line) => decoder.decode(line)), ["next"]);
});

Deno.test("splitting takes time linear in the bytes, with large chunks and with tiny ones", () => {
  const large = new Uint8Array(64 * 1024).fill(0x78);
  const splitter = new LineSplitter(Infinity, () => {});
  const start = performance.now();
  for (let number = 0; number < 800; number++) assert.deepEqual([...splitter.push(large)], []);
  assert.equal(splitter.end()?.length, 800 * large.length);
  const bytes = encoder.encode("x".repeat(100_000) + "\n");
  const found = [...bytes].flatMap((_, index) => [...splitter.push(bytes.subarray(index, index + 1))]);
  assert.deepEqual(found.map(({ length }) => length), [100_000]);
  const many = encoder.encode("x\n".repeat(500_000));
  assert.equal([...splitter.push(many)].length, 500_000);
  assert.ok(performance.now() - start < 10_000, "it took more than 10 s, where 0.2 s would do");
});
