import assert from "node:assert/strict";
import { RateLimit } from "../../src/wire/rate_limit.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** How many of 1,000 tries of a client are allowed. */
function allowed(limit: RateLimit, client: string): number {
  return Array.from({ length: 1_000 }, () => limit.allows(client)).filter(Boolean).length;
}

Deno.test("a client may do at once what it may do in two seconds, and then so much a second", async () => {
  const clock = new ManualClock();
  const limit = new RateLimit({ each: 5 }, clock);
  assert.equal(allowed(limit, "a"), 10);
  await clock.advance(1_000);
  assert.equal(allowed(limit, "a"), 5);
  await clock.advance(60_000);
  assert.equal(allowed(limit, "a"), 10, "what was not used does not add up");
});

Deno.test("a client takes nothing from others, but all together have a limit too, if there is one", () => {
  const each = new RateLimit({ each: 5 }, new ManualClock());
  for (let client = 0; client < 100; client++) assert.equal(allowed(each, `c${client}`), 10);
  const all = new RateLimit({ each: 5, all: 10 }, new ManualClock());
  assert.deepEqual(["a", "b", "c"].map((client) => allowed(all, client)), [10, 10, 0]);
});

Deno.test("what a client has used is forgotten when a thousand others have come after it", () => {
  const limit = new RateLimit({ each: 5 }, new ManualClock());
  assert.equal(allowed(limit, "a"), 10);
  for (let client = 0; client < 999; client++) limit.allows(`c${client}`);
  assert.equal(limit.allows("a"), false);
  for (let client = 0; client < 1_000; client++) limit.allows(`d${client}`);
  assert.equal(limit.allows("a"), true);
});
