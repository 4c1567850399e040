/** Arguments that are not what the tool takes. */
import assert from "node:assert/strict";
import { testOnBrokers } from "../support/brokers.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { toolClient } from "../support/tool_client.ts";

const SLIPS: [tool: string, args: Record<string, unknown>, given: string, meant: string][] = [
  ["publish", { topic: "a", message: "x", retained: true }, "retained", "retain"],
  ["publish", { topic: "a", message: "x", QoS: 1 }, "QoS", "qos"],
  ["publish", { topic: "a", payload: "x" }, "payload", "message"],
  ["publish", { topic: "a", mesage: "x" }, "mesage", "message"],
  ["publish", { topic: "a", message: "x", contentType: "text/plain" }, "contentType", "content_type"],
  ["subscribe", { topic: "a", maxMessages: 1 }, "maxMessages", "max_messages"],
  ["subscribe", { topic: "a", timeuot: 1 }, "timeuot", "timeout"],
  ["subscribe", { topic_filter: "a" }, "topic_filter", "topic"],
  ["get_retained", { filter: "a" }, "filter", "topic"],
  ["get_retained", { topic: "a", "max-bytes": 2_000 }, "max-bytes", "max_bytes"],
  ["unsubscribe", { Topic: "a" }, "Topic", "topic"],
  ["request", { topic: "a", message: "x", responseTopic: "b" }, "responseTopic", "response_topic"],
];

testOnBrokers(
  "a name that is nearly right is an error that names the right one, and nothing is done",
  async (broker) => {
    await using peer = await TestClient.connect(broker.url);
    let published = 0;
    peer.client.on("message", () => published++);
    await peer.client.subscribeAsync("a");
    await using tools = await toolClient(broker.url);
    for (const [tool, args, given, meant] of SLIPS) {
      const { isError, text } = await tools.call(tool, args);
      assert.ok(isError, `${tool} ${given}`);
      assert.equal(text, `${tool} has no parameter "${given}": did you mean "${meant}"?`);
    }
    await tools.call("publish", { topic: "b", message: "x", qos: 1 });
    assert.equal(published, 0);
    assert.equal((await tools.call("list_subscriptions")).result.subscription_count, 0);
  },
);

testOnBrokers("a name that means nothing is listed as ignored, within the budget", async (broker) => {
  await using tools = await toolClient(broker.url);
  const publish = await tools.call("publish", { topic: "a", message: "x", color: "red", priority: 3 });
  assert.deepEqual(publish.result.ignored, ["color", "priority"]);
  assert.deepEqual(JSON.parse(publish.text), publish.result);
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`${n}`.padStart(500, "z"), 1]));
  const { text, result } = await tools.call("get_retained", { topic: "a", max_bytes: 3_000, ...many });
  assert.equal(result.ignored.length, 20);
  assert.ok(text.length <= 3_000, `${text.length}`);
  assert.deepEqual((await tools.call("broker_info", { verbose: true })).result.ignored, ["verbose"]);
});

testOnBrokers("what models fill in with nothing counts as not given", async (broker) => {
  await using tools = await toolClient(broker.url, { protocolVersion: 4 });
  const nothing = {
    content_type: "",
    response_topic: "",
    correlation_data: "",
    correlation_encoding: "",
    message_expiry: 0,
    user_properties: {},
  };
  const { isError, text } = await tools.call("publish", { topic: "a", message: "x", retain: true, ...nothing });
  assert.ok(!isError, text);
  const read = { topics: [], cursor: "", max_messages: null, since: "", parse: null };
  assert.equal((await tools.call("subscribe", { topic: "a", timeout: 1, ...read })).result.message_count, 1);
  assert.equal((await tools.call("get_retained", { topic: "", topics: ["a"] })).result.message_count, 1);
});

testOnBrokers("a message expiry of 0 means that it does not expire", async (broker) => {
  await using tools = await toolClient(broker.url);
  const args = { topic: "a", message: "x", retain: true, qos: 1, message_expiry: 0 };
  const { isError, text } = await tools.call("publish", args);
  assert.ok(!isError, text);
  assert.equal((await tools.call("get_retained", { topic: "a" })).result.message_count, 1);
});

const LONG = "x".repeat(65_536);

testOnBrokers(
  "what is too long for a packet, or no text, is an error that names it, and hurts no other call",
  async (broker) => {
    await using tools = await toolClient(broker.url);
    const wrong: [args: Record<string, unknown>, what: RegExp][] = [
      [{ content_type: LONG }, /^content_type has 65536 bytes; MQTT allows 65535: shorten it$/],
      [{ content_type: "a\0b" }, /^content_type has a NUL character/],
      [{ content_type: "\ud800" }, /^content_type has half of a surrogate pair/],
      [{ correlation_data: LONG }, /^correlation_data has 65536 bytes/],
      [{ user_properties: { [LONG]: "x" } }, /^a name in user_properties has 65536 bytes/],
      [{ user_properties: { a: ["b", LONG] } }, /^a value in user_properties has 65536 bytes/],
      [{ response_topic: LONG }, /cannot be published to: it has 65536 bytes; MQTT allows 65535$/],
      [{ topic: LONG }, /cannot be published to: it has 65536 bytes; MQTT allows 65535$/],
    ];
    for (const [args, what] of wrong) {
      for (const qos of [0, 1]) {
        const { isError, text } = await tools.call("publish", { topic: "a", message: "x", qos, ...args });
        assert.ok(isError);
        assert.match(text, what);
      }
      assert.equal((await tools.call("publish", { topic: "a", message: "x", qos: 1 })).isError, false);
    }
    assert.equal(
      (await tools.call("publish", { topic: "a", message: "x", content_type: LONG.slice(1) })).isError,
      false,
    );
  },
);

testOnBrokers("a topic with a control character or a wildcard is refused with the reason", async (broker) => {
  await using tools = await toolClient(broker.url);
  const call = async (name: string, topic: string) => {
    const { isError, text } = await tools.call(name, { topic, message: "x", timeout: 0 });
    assert.ok(isError, JSON.stringify(topic));
    return text;
  };
  for (
    const [topic, code] of [["a\nb", "U+000A"], ["a\u0001", "U+0001"], ["a\u007f", "U+007F"], ["a\u0085", "U+0085"]]
  ) {
    for (const name of ["publish", "request", "get_retained", "subscribe"]) {
      assert.ok(
        (await call(name, topic ?? "")).includes(`has the control character ${code}`),
      );
    }
  }
  for (const topic of ["a/+", "#", "a#b"]) assert.match(await call("publish", topic), /has a wildcard \(\+ or #\)/);
  assert.equal((await tools.call("publish", { topic: "a", message: "x", qos: 1 })).isError, false);
});

testOnBrokers("a comma is part of a topic; where nothing comes, the answer says so", async (broker) => {
  await using peer = await TestClient.connect(broker.url);
  await using tools = await toolClient(broker.url);
  const said = /A comma is part of the topic\. If several were meant, call with "topics":\["a","b"\]\./;
  assert.match((await tools.call("get_retained", { topic: "a, b" })).result.hint, said);
  assert.match((await tools.call("subscribe", { topic: "a,b", timeout: 0 })).result.hint, said);
  assert.match((await tools.call("list_topics", { topic: '["a","b"]', timeout: 0 })).result.hint, said);
  await peer.publish("a,b", "legal", { retain: true });
  const { result } = await tools.call("get_retained", { topic: "a,b" });
  assert.equal(result.messages[0].payload, "legal");
  assert.equal(result.hint, undefined);
});

Deno.test("what says that it is not there is honest", async () => {
  await using broker = await embeddedBroker();
  await using tools = await toolClient(broker.url);
  const nothing = await tools.call("get_retained", { topic: "none" });
  assert.match(nothing.result.hint, /^The broker keeps no value for "none": use subscribe/);
  const wide = await tools.call("get_retained", { topic: "none/#" });
  assert.match(
    wide.result.hint,
    /^The broker keeps no value for "none\/#", or sends none for wildcards: use subscribe/,
  );
  const never = await tools.call("unsubscribe", { topic: "never" });
  assert.deepEqual(never.result, {
    success: true,
    topic: "never",
    not_subscribed: ["never"],
    hint: 'There was no subscription to "never"; list_subscriptions shows what is kept.',
  });
  const neither = await tools.call("subscribe", {});
  assert.equal(neither.text, "topic is missing: give a topic filter, or several as topics");
  assert.match((await tools.call("no_such_tool")).text, /There is no tool "no_such_tool" here; there are publish, /);
  for (const [name, cursor] of [["subscribe", "x"], ["list_topics", "x"], ["list_topics", "99:1"], ["request", "9"]]) {
    const { isError, text } = await tools.call(name ?? "", { topic: "a", message: "x", timeout: 0, cursor });
    assert.ok(isError);
    assert.match(text, /cursor|remembered/);
  }
});

testOnBrokers("an error quotes no more of a topic than a model can use", async (broker) => {
  await using tools = await toolClient(broker.url);
  const { isError, text } = await tools.call("publish", { topic: `${"x".repeat(60_000)}/#`, message: "x" });
  assert.ok(isError);
  assert.ok(text.length < 500);
});
