/** When messages came, and reading again what has come. */
import assert from "node:assert/strict";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { type ToolAnswer, toolClient } from "../support/tool_client.ts";

function payloads({ result }: ToolAnswer): string[] {
  return result.messages.map(({ payload }: { payload: string }) => payload);
}

testOnBrokers("a message has the time at which it came, and a kept one its age if it was seen", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await peer.publish("old", "1", { retain: true });
  let now = Date.parse("2026-11-28T12:00:00Z");
  await using tools = await toolClient(broker.url, { time: () => now });
  const unseen = await tools.call("get_retained", { topic: "old" });
  assert.equal(unseen.result.messages[0].received_at, "2026-11-28T12:00:00.000Z");
  assert.equal(unseen.result.messages[0].age_seconds, undefined);

  await tools.call("subscribe", { topic: "new", timeout: 0 });
  await peer.publish("new", "2", { retain: true });
  assert.deepEqual(payloads(await tools.call("subscribe", { topic: "new", timeout: 30, max_messages: 1 })), ["2"]);
  now += 90_000;
  for (let time = 0; time < 2; time++) {
    const seen = await tools.call("get_retained", { topic: "new" });
    assert.equal(seen.result.messages[0].received_at, "2026-11-28T12:01:30.000Z");
    assert.equal(seen.result.messages[0].age_seconds, 90);
  }
  await tools.call("unsubscribe", { topic: "new" });
  await peer.publish("new", "3", { retain: true });
  const changed = await tools.call("get_retained", { topic: "new" });
  assert.equal(changed.result.messages[0].age_seconds, undefined);

  await tools.call("publish", { topic: "own", message: "4", retain: true, qos: 1 });
  now += 5_000;
  assert.equal((await tools.call("get_retained", { topic: "own" })).result.messages[0].age_seconds, 5);
});

testOnBrokers("peek shows what waits, and lets it wait", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await using tools = await toolClient(broker.url);
  await tools.call("subscribe", { topic: "a", timeout: 0 });
  for (const text of ["1", "2", "3"]) await peer.publish("a", text);
  for (let time = 0; time < 2; time++) {
    const peeked = await tools.call("subscribe", { topic: "a", timeout: 30, max_messages: 3, peek: true });
    assert.deepEqual(payloads(peeked), ["1", "2", "3"]);
  }
  assert.deepEqual(payloads(await tools.call("subscribe", { topic: "a", timeout: 30, max_messages: 2 })), ["1", "2"]);
  assert.deepEqual(payloads(await tools.call("subscribe", { topic: "a", timeout: 0, peek: true })), ["3"]);
  assert.deepEqual(payloads(await tools.call("subscribe", { topic: "a", timeout: 0 })), ["3"]);
  assert.deepEqual(payloads(await tools.call("subscribe", { topic: "a", timeout: 0, peek: true })), []);
});

Deno.test("since reads again what has come from a time on, whether it was taken or waits", async () => {
  await using broker = await embeddedBroker();
  await using peer = await TestClient.connect(broker.url);
  let now = Date.parse("2026-11-28T12:00:00Z");
  await using tools = await toolClient(broker.url, { time: () => now });
  await tools.call("subscribe", { topic: "a", timeout: 0 });
  for (const text of ["1", "2", "3"]) {
    await peer.publish("a", text);
    await tools.link.roundTrip();
    if (text === "2") await tools.call("subscribe", { topic: "a", timeout: 30, max_messages: 2 });
    now += 60_000;
  }
  await tools.link.roundTrip();
  const since = async (since: unknown, more = {}) =>
    payloads(await tools.call("subscribe", { topic: "a", timeout: 0, since, peek: true, ...more }));
  assert.deepEqual(await since(3600), ["1", "2", "3"]);
  assert.deepEqual(await since("2026-11-28T12:01:00Z"), ["2", "3"]);
  assert.deepEqual(await since("2026-11-28T13:01:00+01:00"), ["2", "3"]);
  assert.deepEqual(await since("60"), ["3"]);
  assert.deepEqual(await since(1), []);
  assert.deepEqual(await since(3600, { max_messages: 2 }), ["1", "2"]);
  const wrong = await tools.call("subscribe", { topic: "a", since: "yesterday" });
  assert.match(wrong.text, /since is neither a number of seconds nor a time/);
  // What it returns without peek is taken; what it leaves out waits.
  assert.deepEqual(await since(3600, { peek: false, timeout: 30, max_messages: 3 }), ["1", "2", "3"]);
  assert.deepEqual(payloads(await tools.call("subscribe", { topic: "a", timeout: 0 })), []);
});

testOnBrokers("since also returns what comes during the call", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await using tools = await toolClient(broker.url);
  await tools.call("subscribe", { topic: "a", timeout: 0 });
  await peer.publish("a", "1");
  assert.deepEqual(payloads(await tools.call("subscribe", { topic: "a", timeout: 30, max_messages: 1 })), ["1"]);
  const call = tools.call("subscribe", { topic: "a", timeout: 60, max_messages: 2, since: 600 });
  await tools.link.roundTrip();
  await peer.publish("a", "2");
  assert.deepEqual(payloads(await call), ["1", "2"]);
});

testOnBrokers(
  "several filters are one call: one answer, in the order of arrival, each message once",
  async (broker) => {
    await using peer = await TestClient.connect(broker.url);
    await peer.publish("a/kept", "kept", { retain: true });
    await using tools = await toolClient(broker.url);
    const topics = ["a/+", "b", "a/#"];
    const first = await tools.call("subscribe", { topics, timeout: 1 });
    assert.deepEqual(payloads(first), ["kept"]);
    for (const [topic, text] of [["a/1", "1"], ["b", "2"], ["a/1", "3"], ["a/1", "3"]] as const) {
      await peer.publish(topic, text);
    }
    const second = await tools.call("subscribe", { topics: JSON.stringify(topics), timeout: 60, max_messages: 3 });
    assert.deepEqual(payloads(second), ["1", "2", "3"]);
    assert.deepEqual(payloads(await tools.call("subscribe", { topics, timeout: 0.2 })), ["3"]);
    assert.deepEqual(payloads(await tools.call("subscribe", { topics, timeout: 0 })), []);
    await peer.publish("b", "kept too", { retain: true });
    const kept = await tools.call("get_retained", { topics });
    assert.deepEqual(payloads(kept).sort(), ["kept", "kept too"]);
    const ended = await tools.call("unsubscribe", { topics });
    assert.deepEqual(ended.result, { success: true, topics });
    assert.equal((await tools.call("list_subscriptions")).result.subscription_count, 0);
  },
);

testOnBrokers("list_subscriptions tells what is kept, since when and how many wait", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await using tools = await toolClient(broker.url, { time: () => Date.parse("2026-11-28T12:00:00Z") });
  await tools.call("subscribe", { topic: "a/+", timeout: 0, qos: 1 });
  await tools.call("subscribe", { topic: "b", timeout: 0 });
  for (const text of ["1", "2"]) await peer.publish("a/1", text);
  await tools.link.roundTrip();
  const since = "2026-11-28T12:00:00.000Z";
  assert.deepEqual((await tools.call("list_subscriptions")).result, {
    success: true,
    subscription_count: 2,
    subscriptions: [{ topic: "a/+", since, waiting: 2, qos: 1 }, { topic: "b", since, waiting: 0, qos: 0 }],
  });
});

testOnBrokers("a call that is cancelled while another goes on loses nothing that had waited", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await using tools = await toolClient(broker.url);
  await tools.call("subscribe", { topic: "a", timeout: 0 });
  await peer.publish("a", "waited");
  await tools.link.roundTrip();
  const cancel = new AbortController();
  const first = tools.call("subscribe", { topic: "a", timeout: 600 }, { signal: cancel.signal });
  const second = tools.call("subscribe", { topic: "a", timeout: 60, max_messages: 1 });
  await tools.link.roundTrip();
  cancel.abort("enough");
  await assert.rejects(first);
  await peer.publish("a", "later");
  assert.deepEqual(payloads(await second), ["later"]);
  assert.deepEqual(payloads(await tools.call("subscribe", { topic: "a", timeout: 0 })), ["waited"]);
});
