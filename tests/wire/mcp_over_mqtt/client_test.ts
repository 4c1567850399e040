import assert from "node:assert/strict";
import type { Failure } from "../../../src/core/failure.ts";
import { Message } from "../../../src/core/message.ts";
import { testOnBrokers, testOnMosquitto } from "../../support/brokers.ts";
import { embeddedBroker } from "../../support/embedded_broker.ts";
import { mosquitto } from "../../support/mosquitto.ts";
import { MqttPeer } from "../../support/mqtt_peer.ts";
import {
  AS_SERVER,
  brief,
  CAPABILITY,
  Client,
  CONTROL,
  DISCONNECTED,
  INITIALIZE,
  initialize,
  NAME,
  OF_CLIENT,
  ONLINE,
  PRESENCE,
  RPC,
  server,
} from "../../support/open_convention.ts";
import { eventually } from "../../support/wait.ts";

/** Where the client sends what is to reach nobody, to save time. */
const NOBODY = "$mcp-rpc/c1/c1/-";

testOnBrokers("every message of a session is where the convention wants it", async (broker) => {
  await using watcher = await MqttPeer.connect(broker.url);
  await watcher.subscribe("$mcp-server/+/demo/echo");
  await watcher.subscribe("$mcp-client/#");
  await using everything = await MqttPeer.connect(broker.url);
  await everything.subscribe("$mcp-rpc/#");
  await using peer = await server(broker);
  await using client = new Client(broker);
  const session = await client.dial();
  await initialize(peer, session);
  void session.send(Message.from({ jsonrpc: "2.0", method: "notifications/initialized" }));
  void session.send(Message.from({ jsonrpc: "2.0", id: 2, method: "tools/list" }));
  void session.send(Message.from({ jsonrpc: "2.0", id: "q", result: {} }));
  const packets = [await peer.next(), await peer.next(), await peer.next()];
  assert.deepEqual(packets.map(brief), [[RPC, "notifications/initialized"], [RPC, "tools/list"], [RPC, "q"]]);
  for (const { qos, retain, userProperties } of packets) {
    assert.deepEqual({ qos, retain, userProperties }, { qos: 1, retain: false, userProperties: OF_CLIENT });
  }
  void session.send(Message.from({ jsonrpc: "2.0", method: "notifications/roots/list_changed" }));
  await eventually("the client's notification", () => watcher.packets.length === 2);
  await session.close();
  await eventually("the client's goodbye", () => watcher.packets.length === 3);
  assert.deepEqual(watcher.packets.map(brief), [
    [CONTROL, "initialize"],
    ["$mcp-client/capability/c1", "notifications/roots/list_changed"],
    ["$mcp-client/presence/c1", "notifications/disconnected"],
  ]);
  for (const { retain, userProperties } of watcher.packets) {
    assert.deepEqual({ retain, userProperties }, { retain: false, userProperties: OF_CLIENT });
  }
  for (const { topic, userProperties } of everything.packets) {
    if (topic === NOBODY) assert.equal(userProperties["MCP-COMPONENT-TYPE"], "mcp-client");
    assert.ok(userProperties["MCP-MQTT-CLIENT-ID"], `a message on ${topic} does not say who sends it`);
  }
  const [plan] = client.links.plans;
  assert.deepEqual(plan?.userProperties, {
    "MCP-COMPONENT-TYPE": "mcp-client",
    "MCP-META": '{"implementation":"test"}',
  });
  assert.equal(plan?.will?.topic, "$mcp-client/presence/c1");
  assert.equal(plan?.will?.retain, false);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(plan?.will?.payload)), DISCONNECTED);
});

Deno.test("the client subscribes to the server's topics before its first request, its session's without its own messages", async () => {
  await using broker = await embeddedBroker();
  const order: unknown[] = [];
  broker.aedes.on("subscribe", (subscriptions, { id }) => {
    if (id !== "c1") return;
    order.push(...subscriptions.map(({ topic, nl }: { topic: string; nl?: boolean }) => [topic, nl === true]));
  });
  broker.aedes.on("publish", ({ topic }, by) => {
    if (by?.id === "c1" && topic !== NOBODY) order.push(topic);
  });
  await using peer = await server(broker);
  await using client = new Client(broker);
  await initialize(peer, await client.dial());
  assert.deepEqual(order, [
    [`$mcp-server/presence/+/${NAME}`, false],
    [CAPABILITY, false],
    [RPC, true],
    CONTROL,
  ]);
});

testOnBrokers("what the host says before the first answer waits for it", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const session = await client.dial();
  void session.send(Message.from({ jsonrpc: "2.0", method: "notifications/early" }));
  void session.send(Message.from({ jsonrpc: "2.0", id: 1, method: "tools/call" }));
  void session.send(Message.from({ jsonrpc: "2.0", id: 2, method: "tools/list" }));
  assert.deepEqual(brief(await peer.next()), [CONTROL, "tools/call"]);
  await peer.subscribe(RPC, { noLocal: true });
  await peer.publish(RPC, { jsonrpc: "2.0", id: 1, result: {} }, AS_SERVER);
  assert.deepEqual(brief(await peer.next()), [RPC, "notifications/early"]);
  assert.deepEqual(brief(await peer.next()), [RPC, "tools/list"]);
});

testOnBrokers(
  "a host that says a lot before the first answer is asked to wait, and nothing is lost",
  async (broker) => {
    await using peer = await server(broker);
    await using client = new Client(broker);
    const session = await client.dial();
    void session.send(Message.from({ jsonrpc: "2.0", id: 0, method: "tools/call" }));
    await peer.next();
    const text = "x".repeat(10_000);
    let waits: Promise<void> | void = undefined;
    let sent = 0;
    while (waits === undefined) waits = session.send(Message.from({ jsonrpc: "2.0", id: ++sent, method: "m", text }));
    assert.ok(sent > 100 && sent < 110, `${sent} messages`);
    void session.send(Message.from({ jsonrpc: "2.0", id: ++sent, method: "m" }));
    await peer.subscribe(RPC, { noLocal: true });
    await peer.publish(RPC, { jsonrpc: "2.0", id: 0, result: {} }, AS_SERVER);
    for (let id = 1; id <= sent; id++) assert.equal((await peer.next()).payload.id, id);
    await waits;
  },
);

testOnBrokers("many messages from before the first answer go out as slowly as later ones", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  const session = await client.dial();
  void session.send(Message.from({ jsonrpc: "2.0", id: 0, method: "tools/call" }));
  await peer.next();
  for (let id = 1; id <= 400; id++) void session.send(Message.from({ jsonrpc: "2.0", id, method: "m" }));
  await peer.subscribe(RPC, { noLocal: true });
  await peer.publish(RPC, { jsonrpc: "2.0", id: 0, result: {} }, AS_SERVER);
  const ping = await peer.find(({ payload }) => payload.method === "ping");
  assert.ok(!peer.packets.some(({ payload }) => payload.id === 400));
  await peer.publish(RPC, { jsonrpc: "2.0", id: ping.payload.id, result: {} }, AS_SERVER);
  assert.equal((await peer.find(({ payload }) => payload.id === 400)).payload.method, "m");
});

testOnBrokers("the host gets what comes on the session's topic and on the server's, at QoS 0 and 1", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  await initialize(peer, await client.dial());
  const changed = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
  await peer.publish(RPC, { jsonrpc: "2.0", id: "q", method: "roots/list" }, { qos: 0, ...AS_SERVER });
  await peer.publish(CAPABILITY, changed, AS_SERVER);
  await peer.publish(RPC, "{", AS_SERVER);
  await peer.publish(CAPABILITY, "", AS_SERVER);
  await peer.publish(RPC, { jsonrpc: "2.0", method: "notifications/message" }, AS_SERVER);
  await eventually("all messages", () => client.received.length === 4);
  assert.deepEqual(client.received.map(({ method }) => method), [
    undefined,
    "roots/list",
    "notifications/tools/list_changed",
    "notifications/message",
  ]);
});

const ENDS: readonly [how: string, reason: string, end: (peer: MqttPeer) => Promise<void>][] = [
  ["clears its presence", "server-gone", (peer) => peer.publish(PRESENCE, "", { retain: true })],
  ["crashes", "server-gone", (peer) => peer.drop()],
  ["says goodbye on the session's topic", "session-ended", (peer) => peer.publish(RPC, DISCONNECTED, AS_SERVER)],
];

for (const [how, reason, end] of ENDS) {
  testOnBrokers(`a session ends when its server ${how}, and the next one has a new client id`, async (broker) => {
    await using watcher = await MqttPeer.connect(broker.url);
    await watcher.subscribe("$mcp-client/presence/+");
    await using peer = await server(broker);
    await using client = new Client(broker);
    const session = await client.dial();
    await initialize(peer, session);
    await end(peer);
    assert.equal((await session.closed)?.reason, reason);
    assert.equal((await watcher.next()).topic, "$mcp-client/presence/c1");
    await using again = await server(broker, "s2");
    const next = await client.dial();
    void next.send(Message.from(INITIALIZE));
    assert.deepEqual((await again.next()).userProperties["MCP-MQTT-CLIENT-ID"], "c2");
    await next.close();
  });
}

testOnBrokers(
  "a session ends with the connection to the broker, and the server learns it from the will",
  async (broker) => {
    await using watcher = await MqttPeer.connect(broker.url);
    await watcher.subscribe("$mcp-client/presence/+");
    await using peer = await server(broker);
    await using client = new Client(broker);
    const session = await client.dial();
    await initialize(peer, session);
    client.links.cut("c1");
    assert.equal((await session.closed)?.reason, "broker-unreachable");
    const { topic, payload } = await watcher.next();
    assert.deepEqual([topic, payload], ["$mcp-client/presence/c1", DISCONNECTED]);
    const next = await client.dial();
    void next.send(Message.from(INITIALIZE));
    await eventually("the second initialization", () => peer.packets.length === 2);
    assert.equal(peer.packets[1]?.userProperties["MCP-MQTT-CLIENT-ID"], "c2");
    await next.close();
  },
);

testOnBrokers("a server that comes online later is found", async (broker) => {
  await using client = new Client(broker, { pick: "random" });
  const dialled = client.dial();
  await eventually("the connection", () => client.unavailableReason().reason === "no-server-online");
  await using peer = await server(broker);
  await initialize(peer, await dialled);
});

testOnBrokers("only servers of that very name are found", async (broker) => {
  await using watcher = await MqttPeer.connect(broker.url);
  for (
    const topic of [
      "s1/demo",
      "s2/demo/echo/more",
      "demo/echo",
      "s3/Demo/echo",
      "presence/demo/echo",
      "capability/demo/echo",
    ]
  ) {
    await watcher.publish(`$mcp-server/presence/${topic}`, ONLINE, { retain: true });
  }
  await using client = new Client(broker);
  const dialled = client.dial();
  await eventually("the connection", () => client.unavailableReason().reason === "no-server-online");
  await using peer = await server(broker, "right");
  const session = await dialled;
  void session.send(Message.from(INITIALIZE));
  assert.equal((await peer.next()).payload.method, "initialize");
  await session.close();
});

testOnBrokers("the one instance that was asked for is taken", async (broker) => {
  await using _other = await server(broker, "s0");
  await using peer = await server(broker, "s1");
  await using client = new Client(broker, { serverId: "s1" });
  await initialize(peer, await client.dial());
});

testOnBrokers("without discovery, the instance that was asked for is assumed to be there", async (broker) => {
  await using peer = await MqttPeer.connect(broker.url);
  await peer.subscribe(CONTROL);
  await using client = new Client(broker, { serverId: "s1", noDiscovery: true });
  await initialize(peer, await client.dial());
});

testOnBrokers("servers are looked for with the filters that the broker gives", async (broker) => {
  await using peer = await server(broker);
  const filters = JSON.stringify(["other/#", "demo/+"]);
  await using client = new Client(broker, {}, { answer: { "MCP-SERVER-NAME-FILTERS": filters } });
  await initialize(peer, await client.dial());
});

testOnBrokers("a server that the broker's filters hide is not reached, and the reason is told", async (broker) => {
  await using _peer = await server(broker);
  await using client = new Client(broker, {}, { answer: { "MCP-SERVER-NAME-FILTERS": '["other/#"]' } });
  await assert.rejects(client.dial(), (error: Failure) => {
    assert.equal(error.reason, "not-authorized");
    assert.match(error.message, /"demo\/echo", only: \["other\/#"\]/);
    return true;
  });
});

testOnBrokers("filters that are none are not heeded", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker, {}, { answer: { "MCP-SERVER-NAME-FILTERS": "{" } });
  await initialize(peer, await client.dial());
  assert.ok(client.links.events.some((event) => event.type === "warning" && event.text.includes("JSON array")));
});

testOnBrokers("an instance that does not answer in time is given up, and avoided", async (broker) => {
  await using mute = await server(broker, "s0");
  await using client = new Client(broker, { timeout: 200 });
  const session = await client.dial();
  void session.send(Message.from(INITIALIZE));
  assert.equal((await mute.next()).payload.method, "initialize");
  assert.equal(client.unavailableReason().reason, "server-not-responding");
  assert.equal((await session.closed)?.reason, "server-not-responding");
  await using peer = await server(broker, "s1");
  const next = await client.dial();
  void next.send(Message.from(INITIALIZE));
  assert.equal((await peer.next()).payload.method, "initialize");
  await next.close();
});

testOnMosquitto("an instance whose presence is a leftover is passed over without a word to the host", async () => {
  await using broker = await mosquitto();
  await using leftover = await MqttPeer.connect(broker.url);
  await leftover.publish(`$mcp-server/presence/s0/${NAME}`, ONLINE, { retain: true });
  await using peer = await server(broker, "s1");
  await using client = new Client(broker);
  const session = await client.dial();
  await initialize(peer, session);
  await eventually("the answer", () => client.received.length === 1);
  await session.close();
});

testOnMosquitto("when nothing but leftovers is announced, the host is told", async () => {
  await using broker = await mosquitto();
  await using leftover = await MqttPeer.connect(broker.url);
  await leftover.publish(PRESENCE, ONLINE, { retain: true });
  await using client = new Client(broker);
  const session = await client.dial();
  void session.send(Message.from(INITIALIZE));
  const failure = await session.closed;
  assert.equal(failure?.reason, "server-not-responding");
  assert.match(failure?.message ?? "", /announced, but does not listen/);
});

testOnBrokers("another prefix takes the place of the leading $", async (broker) => {
  await using peer = await MqttPeer.connect(broker.url);
  await peer.subscribe("acme/mcp-server/s1/demo/echo");
  await peer.publish("acme/mcp-server/presence/s1/demo/echo", ONLINE, { retain: true });
  await using client = new Client(broker, { topicPrefix: "acme/" });
  const session = await client.dial();
  void session.send(Message.from(INITIALIZE));
  assert.equal((await peer.next()).topic, "acme/mcp-server/s1/demo/echo");
  await session.close();
});
