import assert from "node:assert/strict";
import { testOnBrokers, testOnMosquitto } from "../support/brokers.ts";
import { embeddedBroker } from "../support/embedded_broker.ts";
import { mosquitto } from "../support/mosquitto.ts";
import { TestClient } from "../support/mqtt_client.ts";
import { freePort } from "../support/net.ts";
import { toolClient } from "../support/tool_client.ts";

const ALL_TOOLS: [name: string, args: Record<string, unknown>][] = [
  ["publish", { topic: "a", message: "x" }],
  ["subscribe", { topic: "a" }],
  ["get_retained", { topic: "a" }],
  ["request", { topic: "a", message: "x" }],
  ["list_topics", {}],
];

Deno.test("without a broker every tool fails after the connect timeout, and says why", async () => {
  const port = freePort();
  await using tools = await toolClient(`mqtt://127.0.0.1:${port}`, { connectTimeout: 3_000 });
  const answers = await Promise.all(ALL_TOOLS.map(([name, args]) => tools.call(name, args)));
  for (const { isError, text } of answers) {
    assert.ok(isError);
    assert.match(text, /^The broker mqtt:\/\/127\.0\.0\.1:\d+ cannot be reached: .*refused/i);
  }
});

Deno.test("calls that wait for the broker succeed when it comes", async () => {
  const port = freePort();
  await using tools = await toolClient(`mqtt://127.0.0.1:${port}`, { connectTimeout: 60_000 });
  const call = tools.call("publish", { topic: "a", message: "x", qos: 1 });
  await using _broker = await embeddedBroker({ port });
  assert.equal((await call).isError, false);
});

Deno.test("a login that is refused is said at once, with what to check", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authenticate = (_client, _username, _password, done) =>
    done(Object.assign(new Error("no"), { returnCode: 4 }), false);
  await using tools = await toolClient(broker.url, { connectTimeout: 600_000 });
  const { isError, text } = await tools.call("publish", { topic: "a", message: "x" });
  assert.ok(isError);
  assert.match(text, /refused the login: Bad User Name or Password \(0x86\); check the username and the password/);
});

testOnMosquitto("what the broker does not allow is a tool error with the name of its reason", async () => {
  const acl = await Deno.makeTempFile();
  await Deno.writeTextFile(acl, "topic readwrite open/#\n");
  await Deno.chmod(acl, 0o644); // mosquitto may run as another user
  try {
    await using broker = await mosquitto({ configuration: ["allow_anonymous true", `acl_file ${acl}`] });
    await using tools = await toolClient(broker.url);
    assert.equal((await tools.call("publish", { topic: "open/a", message: "x", qos: 1 })).isError, false);
    for (const qos of [1, 2]) {
      const { isError, text } = await tools.call("publish", { topic: "closed", message: "x", qos });
      assert.ok(isError);
      assert.equal(text, 'The broker refused a message to "closed": Not authorized (0x87)');
    }
    assert.equal((await tools.call("subscribe", { topic: "open/+", timeout: 0 })).isError, false);
  } finally {
    await Deno.remove(acl);
  }
});

Deno.test("a subscription that the broker does not grant is a tool error with the name of its reason", async () => {
  await using broker = await embeddedBroker();
  let allowed = false;
  broker.aedes.authorizeSubscribe = (_client, subscription, done) =>
    done(null, allowed || subscription.topic.startsWith("open/") ? subscription : null);
  await using tools = await toolClient(broker.url);
  for (const [name, args] of ALL_TOOLS.slice(1)) {
    const { isError, text } = await tools.call(name, { ...args, topic: "closed" });
    assert.ok(isError, name);
    assert.match(
      text,
      /^The broker does not grant the subscription to ".*": Not authorized \(0x87\); check what/,
      name,
    );
  }
  assert.equal((await tools.call("subscribe", { topic: "open/a", timeout: 0 })).isError, false);
  assert.equal(tools.link.state.status, "online");
  allowed = true;
  assert.equal((await tools.call("subscribe", { topic: "closed", timeout: 0 })).isError, false);
});

testOnBrokers("what is no topic filter is a tool error that says what is wrong with it", async (broker) => {
  await using tools = await toolClient(broker.url);
  for (const topic of ["", "a/#/b", "a+", "a\0b", "x".repeat(65_536)]) {
    const { isError, text } = await tools.call("subscribe", { topic });
    assert.ok(isError);
    assert.match(text, /cannot be subscribed to: it (?:is empty|has)/);
  }
});

testOnBrokers("arguments that are none are a tool error that names them", async (broker) => {
  await using tools = await toolClient(broker.url);
  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ["publish", { topic: "a" }, /message/],
    ["publish", { message: "x" }, /topic/],
    ["publish", { topic: "a", message: "x", qos: 3 }, /qos/],
    ["publish", { topic: "a", message: "x", retain: "perhaps" }, /retain/],
    ["subscribe", { topic: "a", timeout: -1 }, /timeout/],
    ["subscribe", { topic: "a", max_messages: 0 }, /max_messages/],
  ];
  for (const [name, args, what] of wrong) {
    const { isError, text } = await tools.call(name, args);
    assert.ok(isError, JSON.stringify(args));
    assert.match(text, what);
  }
});

Deno.test("a subscribe during which the connection is lost for good fails, and loses nothing it had got", async () => {
  const broker = await embeddedBroker();
  await using tools = await toolClient(broker.url, { connectTimeout: 30_000 });
  await tools.call("subscribe", { topic: "a", timeout: 0 });
  await tools.call("publish", { topic: "a", message: "one", qos: 1 });
  const call = tools.call("subscribe", { topic: "a", timeout: 1 });
  await broker[Symbol.asyncDispose]();
  const { isError, text } = await call;
  assert.ok(isError);
  assert.match(text, /cannot be reached/);
  await using _again = await embeddedBroker({ port: broker.port });
  const { result } = await tools.call("subscribe", { topic: "a", timeout: 0 });
  assert.deepEqual(result.messages.map(({ payload }: { payload: string }) => payload), ["one"]);
});

testOnMosquitto("a restart of the broker in the middle is survived by calls and subscriptions", async () => {
  const port = freePort();
  const first = await mosquitto({ port });
  await using tools = await toolClient(first.url, { connectTimeout: 30_000 });
  await tools.call("subscribe", { topic: "a/+", timeout: 0, qos: 1 });
  const call = tools.call("subscribe", { topic: "a/+", timeout: 60, max_messages: 1, qos: 1 });
  const calls = Array.from({ length: 50 }, (_, n) => tools.call("publish", { topic: `b/${n}`, message: "x", qos: 1 }));
  await first.kill();
  await using _second = await mosquitto({ port });
  for (const answer of await Promise.all(calls)) assert.equal(answer.isError, false, answer.text);
  await using peer = await TestClient.connect(first.url);
  await peer.publish("a/1", "after");
  const { result } = await call;
  assert.deepEqual(result.messages.map(({ payload }: { payload: string }) => payload), ["after"]);
  assert.equal(result.interrupted, true);
  await peer.publish("a/2", "later");
  await tools.link.roundTrip();
  const later = await tools.call("subscribe", { topic: "a/+", timeout: 60, max_messages: 1 });
  assert.equal(later.result.messages[0].payload, "later");
  assert.equal(later.result.interrupted, undefined);
});

Deno.test("a connection that was away between two calls is told of by the second", async () => {
  await using broker = await embeddedBroker();
  await using tools = await toolClient(broker.url);
  await tools.call("subscribe", { topic: "a", timeout: 0 });
  const lost = new Promise<void>((resolve) => tools.link.watch(({ status }) => status === "connecting" && resolve()));
  broker.disconnectAll();
  await lost;
  assert.equal((await tools.call("subscribe", { topic: "a", timeout: 0.1 })).result.interrupted, true);
  assert.equal((await tools.call("subscribe", { topic: "a", timeout: 0.1 })).result.interrupted, undefined);
});

Deno.test("a publish with QoS 0 fails when the broker closes the connection over it", async () => {
  await using broker = await embeddedBroker();
  broker.aedes.authorizePublish = (_client, packet, done) => {
    if (packet.topic === "closed") broker.disconnectAll();
    else done(null);
  };
  await using tools = await toolClient(broker.url);
  assert.equal((await tools.call("publish", { topic: "open", message: "x" })).isError, false);
  const { isError, text } = await tools.call("publish", { topic: "closed", message: "x" });
  assert.ok(isError);
  assert.match(text, /^The connection to the broker was lost: /);
});

testOnMosquitto("a message that is too large for the broker is a tool error with both sizes", async () => {
  await using broker = await mosquitto({ configuration: ["allow_anonymous true", "max_packet_size 1000"] });
  await using tools = await toolClient(broker.url);
  const { isError, text } = await tools.call("publish", { topic: "a", message: "x".repeat(2_000) });
  assert.ok(isError);
  assert.match(text, /needs a packet of 2\d{3} bytes, but the broker takes 1000 at most/);
});

testOnBrokers("a topic that brokers throw clients out for is refused before it is sent", async (broker) => {
  await using tools = await toolClient(broker.url);
  const lost: string[] = [];
  tools.link.watch(({ status }) => lost.push(status));
  assert.equal((await tools.call("publish", { topic: "a", message: "x", qos: 1 })).isError, false);
  lost.length = 0;
  for (const topic of ["line\nfeed", "c1\u0090", Array(300).fill("a").join("/")]) {
    for (const [name, args] of ALL_TOOLS.filter(([name]) => name !== "list_topics")) {
      const { isError, text } = await tools.call(name, { ...args, topic, qos: 1 });
      assert.ok(isError);
      assert.match(text, /has (?:the control character U\+00..|300 levels; brokers allow 128)/);
    }
  }
  assert.deepEqual(lost, []);
});

testOnMosquitto("a message over which the broker throws the client out fails, and the others arrive", async () => {
  await using broker = await mosquitto();
  await using tools = await toolClient(broker.url);
  assert.equal((await tools.call("subscribe", { topic: "t/#", timeout: 0 })).isError, false);
  for (
    const poison of [{ content_type: "a\nb" }, { user_properties: { a: "\u0001" } }, {
      user_properties: { "\u0085": "" },
    }]
  ) {
    const others = Array.from(
      { length: 20 },
      (_, index) => tools.call("publish", { topic: "t/good", message: String(index), qos: 1 }),
    );
    const began = performance.now();
    const { isError, text } = await tools.call("publish", { topic: "t/bad", message: "x", qos: 1, ...poison });
    assert.ok(isError);
    assert.match(text, /^The broker closed the connection over a message of 1 bytes to "t\/bad"/);
    assert.ok(performance.now() - began < 5_000, "it does not wait until nobody has acknowledged it");
    for (const answer of await Promise.all(others)) assert.equal(answer.isError, false, answer.text);
  }
  assert.equal((await tools.call("publish", { topic: "t/good", message: "last", qos: 1 })).isError, false);
});
