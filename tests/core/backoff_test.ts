import assert from "node:assert/strict";
import { backoff, FIRST_DELAY, LONGEST_DELAY } from "../../src/core/backoff.ts";
import { fc, holds } from "../support/properties.ts";

Deno.test("backoff() doubles from half a second to a minute", () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 8, 1_000, 1e9].map((failures) => backoff(failures, 1));
  assert.deepEqual(longest, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

Deno.test("backoff() spreads the waits over their upper half", () => {
  holds(
    fc.tuple(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true })),
    ([failures, random]) => {
      const delay = backoff(failures, random);
      const whole = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (failures - 1));
      assert.ok(delay >= whole / 2 && delay <= whole, `${delay} of ${whole}`);
    },
  );
  assert.notEqual(backoff(5, 0), backoff(5, 0.5));
});
