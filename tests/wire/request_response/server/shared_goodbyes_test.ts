import assert from "node:assert/strict";
import type { ProxyEvent } from "../../../../src/core/events.ts";
import { Failure } from "../../../../src/core/failure.ts";
import type { Subscription } from "../../../../src/mqtt/mod.ts";
import { SharedGoodbyes } from "../../../../src/wire/request_response/server/shared_goodbyes.ts";
import { topicsFor } from "../../../../src/wire/request_response/topics.ts";
import { LoopLink } from "../../../support/loop_link.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

/** A link on which goodbyes come for `alice` and `bob`, who have sessions. */
function goodbyes(closedTopic = "mcp/closed/{client}") {
  const clock = new ManualClock();
  const asked: string[] = [];
  const events: ProxyEvent[] = [];
  const abort = new AbortController();
  let subscription: Subscription | undefined;
  const link = new (class extends LoopLink {
    override subscribe(made: Subscription): Promise<void> {
      subscription = made;
      return super.subscribe(made);
    }
  })("s1", () => {});
  const topic = topicsFor({ serverName: "demo", closedTopic }).sharedClosed;
  assert.ok(topic !== undefined);
  new SharedGoodbyes({
    link,
    topic,
    clock,
    observe: (event) => events.push(event),
    doubt: (client) => {
      if (client !== "alice" && client !== "bob") return false;
      asked.push(client);
      return true;
    },
  }, abort.signal);
  const say = (topic: string, retain = false) =>
    link.deliver({ topic, payload: new Uint8Array(), qos: 1, retain, properties: {} });
  return { clock, asked, events, abort, say, subscription: () => subscription };
}

Deno.test("who is said to be gone is asked, by the topic that says so", () => {
  const { asked, say, subscription } = goodbyes();
  assert.equal(subscription()?.filter, "mcp/closed/+");
  say("mcp/closed/alice");
  say("mcp/closed/bob");
  assert.deepEqual(asked, ["alice", "bob"]);
});

Deno.test("however often it is said, a client is asked once in five seconds, and for the last time after the last", async () => {
  const { clock, asked, say } = goodbyes();
  for (let time = 0; time < 100; time++) say("mcp/closed/alice");
  assert.equal(asked.length, 1);
  await clock.advance(4_999);
  assert.equal(asked.length, 1);
  await clock.advance(1);
  assert.equal(asked.length, 2);
  await clock.advance(60_000);
  assert.equal(asked.length, 2);
  assert.equal(clock.timers, 0);
  say("mcp/closed/alice");
  assert.equal(asked.length, 3);
});

Deno.test("clients without a session leave nothing behind, whoever says what of them", () => {
  const { clock, asked, say } = goodbyes();
  for (let number = 0; number < 1_000; number++) say(`mcp/closed/stranger-${number}`);
  say("mcp/closed/alice", true); // retained: long ago
  assert.deepEqual([asked, clock.timers], [[], 0]);
});

Deno.test("another topic may be chosen", () => {
  const { asked, say, subscription } = goodbyes("plant/{client}/gone");
  assert.equal(subscription()?.filter, "plant/+/gone");
  say("plant/alice/gone");
  assert.deepEqual(asked, ["alice"]);
});

Deno.test("where the broker refuses, it is said once, with what to do", () => {
  const { events, subscription } = goodbyes();
  for (let time = 0; time < 2; time++) subscription()?.refused?.(new Failure("not-authorized", "No"));
  const [event, ...more] = events;
  assert.ok(event?.type === "warning");
  assert.match(event.text, /--idle-timeout: No; .*--closed-topic/);
  assert.deepEqual(more, []);
});

Deno.test("no timer outlives the server", () => {
  const { clock, abort, say } = goodbyes();
  say("mcp/closed/alice");
  abort.abort();
  assert.equal(clock.timers, 0);
});
