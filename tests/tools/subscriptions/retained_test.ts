import assert from "node:assert/strict";
import type { Received } from "../../../src/tools/subscriptions/arrivals.ts";
import { RetainedReader } from "../../../src/tools/subscriptions/retained.ts";
import type { Listener, Subscriptions } from "../../../src/tools/subscriptions/subscriptions.ts";
import { LoopLink } from "../../support/loop_link.ts";
import { ManualClock } from "../../support/manual_clock.ts";

const LIMITS = { messages: 100, bytes: 1_000_000, shared: { used: 0, limit: 1_000_000 } };

function packet(topic: string, retain: boolean): Received {
  return { topic, payload: new Uint8Array([1]), qos: 0, retain, properties: {}, number: 1, receivedAt: 0 };
}

/** What is found when the broker sends this behind its acknowledgement. */
async function found(send: (listener: Listener) => void): Promise<string[]> {
  const clock = new ManualClock();
  const subscriptions: Pick<Subscriptions, "open" | "close" | "requests"> = {
    requests: 1,
    open: (_filter, _qos, listener) => {
      send(listener);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const reader = new RetainedReader({
    clock,
    limits: LIMITS,
    link: new LoopLink("c", () => {}),
    subscriptions: subscriptions as unknown as Subscriptions,
  });
  const reading = reader.read("a/+", 1_000, new AbortController().signal);
  await clock.advance(1_000);
  return (await reading).messages.map(({ topic, retain }) => `${topic} ${retain}`);
}

Deno.test("what a broker sends behind its acknowledgement was retained, even if it does not say so", async () => {
  const sent = await found((listener) => {
    listener.live(packet("a/1", false));
    listener.live(packet("a/2", false));
  });
  assert.deepEqual(sent, ["a/1 true", "a/2 true"]);
});

Deno.test("where a broker says what was retained, nothing else was", async () => {
  const sent = await found((listener) => {
    listener.live(packet("a/1", false));
    listener.retained(packet("a/2", true));
    listener.live(packet("a/3", false));
  });
  assert.deepEqual(sent, ["a/2 true"]);
});
