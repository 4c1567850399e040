import assert from "node:assert/strict";
import { concatBytes, indexOfByte } from "../../src/core/bytes.ts";
import { bytes, fc, holds } from "../support/properties.ts";

Deno.test("indexOfByte() finds what Uint8Array.indexOf finds", () => {
  holds(fc.tuple(bytes(300), fc.nat(255), fc.nat(350)), ([haystack, byte, from]) => {
    assert.equal(indexOfByte(haystack, byte, from), haystack.indexOf(byte, from));
  });
});

Deno.test("indexOfByte() finds a byte on either side of every boundary of its own", () => {
  for (const position of [0, 63, 64, 65, 65_535, 65_536, 65_599, 65_600, 65_601, 131_135, 131_136, 199_999]) {
    const haystack = new Uint8Array(200_000);
    haystack[position] = 0x80;
    assert.equal(indexOfByte(haystack, 0x80), position);
    assert.equal(indexOfByte(haystack, 0x80, position), position);
    assert.equal(indexOfByte(haystack, 0x80, position + 1), -1);
  }
});

Deno.test("indexOfByte() looks only into its own part of a shared buffer", () => {
  const whole = new Uint8Array(100_000).fill(0x0a);
  const part = whole.subarray(10, 90_000).fill(0);
  assert.equal(indexOfByte(part, 0x0a), -1);
});

Deno.test("concatBytes() puts parts together and copies nothing when there is one", () => {
  assert.deepEqual(concatBytes([], 0), new Uint8Array());
  const one = Uint8Array.of(1, 2);
  assert.equal(concatBytes([one], 2), one);
  assert.deepEqual(concatBytes([one, new Uint8Array(), Uint8Array.of(3)], 3), Uint8Array.of(1, 2, 3));
});
