import assert from "node:assert/strict";
import { ByteGatherer } from "../../src/core/byte_gatherer.ts";

Deno.test("what was gathered comes in one piece and in order, however much it is, and then there is nothing", () => {
  const gathered = new ByteGatherer();
  for (
    const sizes of [[], [5], [100, 0, 7], Array(900).fill(65_536), [1, 40_000_000, 3], [20], [300_000], [20_000_000]]
  ) {
    const parts = sizes.map((size: number, index: number) => new Uint8Array(size).fill(index % 251 + 1));
    for (const part of parts) gathered.push(part);
    const length = sizes.reduce((sum: number, size: number) => sum + size, 0);
    assert.equal(gathered.length, length);
    const whole = gathered.take();
    assert.equal(whole.length, length);
    let at = 0;
    for (const part of parts) {
      assert.ok(
        part.every((byte) => byte === part[0]) &&
          [at, at + part.length - 1].every((index) => part.length === 0 || whole[index] === part[0]),
      );
      at += part.length;
    }
    assert.deepEqual([gathered.length, gathered.take().length], [0, 0]);
  }
});
