import assert from "node:assert/strict";
import { Failure } from "../../../src/core/failure.ts";
import { Message } from "../../../src/core/message.ts";
import { testOnBrokers } from "../../support/brokers.ts";
import { embeddedBroker } from "../../support/embedded_broker.ts";
import { MqttPeer } from "../../support/mqtt_peer.ts";
import {
  CAPABILITY,
  client,
  CLIENT_PRESENCE,
  CONTROL,
  DISCONNECTED,
  EchoServer,
  INITIALIZE,
  OF_CLIENT,
  OF_SERVER,
  PRESENCE,
  RPC,
} from "../../support/open_convention.ts";
import { eventually } from "../../support/wait.ts";

/** Where the server sends what is to reach nobody, to save time. */
const NOBODY = "$mcp-rpc/s1/s1/-";

testOnBrokers("the server announces itself with name, description and metadata, retained", async (broker) => {
  await using server = new EchoServer(broker);
  await using watcher = await MqttPeer.connect(broker.url);
  await watcher.subscribe("$mcp-server/#");
  const { topic, payload, retain, userProperties } = await watcher.next();
  assert.equal(topic, PRESENCE);
  assert.equal(retain, true);
  assert.deepEqual(userProperties, OF_SERVER);
  const { since, ...meta } = payload.params.meta;
  assert.ok(Date.parse(since) <= Date.now());
  assert.deepEqual(payload, {
    jsonrpc: "2.0",
    method: "notifications/server/online",
    params: { server_name: "demo/echo", description: "echoes", meta: payload.params.meta },
  });
  assert.deepEqual(meta, { room: "attic" });
  const [plan] = server.links.plans;
  assert.equal(plan?.protocolVersion, 5);
  assert.deepEqual(plan?.userProperties, {
    "MCP-COMPONENT-TYPE": "mcp-server",
    "MCP-META": '{"implementation":"test","room":"attic"}',
  });
});

testOnBrokers("a client that can have no session gets the reason, and a goodbye", async (broker) => {
  const asked: string[] = [];
  const failure = new Failure("too-many-sessions", "All sessions are in use", { maximum: 1 });
  await using server = new EchoServer(broker, {
    refusal: (client, name) => {
      asked.push(`${client} ${name}`);
      return failure;
    },
  });
  await using peer = await client(broker);
  await peer.publish(CONTROL, INITIALIZE, { userProperties: OF_CLIENT });
  const { payload, topic } = await peer.next();
  const data = { reason: "too-many-sessions", maximum: 1 };
  assert.deepEqual(payload, { jsonrpc: "2.0", id: 1, error: { code: -32000, message: failure.message, data } });
  assert.equal(topic, RPC);
  assert.deepEqual((await peer.next()).payload, DISCONNECTED);
  assert.deepEqual(asked, ["c1 c1"]);
  assert.equal(server.sessions.length, 0);
});

testOnBrokers("a client that opens one session after the other is stopped", async (broker) => {
  const refused: string[] = [];
  await using server = new EchoServer(broker, {
    refused: (name, { reason }) => void refused.push(`${name} ${reason}`),
  });
  await using peer = await client(broker);
  for (let id = 1; id <= 100; id++) {
    await peer.publish(CONTROL, { ...INITIALIZE, id }, { userProperties: OF_CLIENT });
  }
  const { payload } = await peer.find(({ payload }) => payload.error !== undefined);
  assert.equal(payload.error.message, "This client opens sessions too often; try again in a second");
  assert.equal(refused[0], "c1 too-many-sessions");
  assert.ok(server.sessions.length < 100, `${server.sessions.length} sessions`);
});

testOnBrokers("every message of a session is where the convention wants it", async (broker) => {
  await using server = new EchoServer(broker);
  await using peer = await client(broker);

  await peer.publish(CONTROL, INITIALIZE, { userProperties: OF_CLIENT });
  const answer = await peer.next();
  const { "mcp-session": name, ...convention } = answer.userProperties;
  assert.deepEqual({ ...answer, userProperties: convention }, {
    topic: RPC,
    payload: { jsonrpc: "2.0", id: 1, result: "initialize" },
    qos: 1,
    retain: false,
    userProperties: OF_SERVER,
  });
  await peer.publish(RPC, { jsonrpc: "2.0", method: "notifications/initialized" }, { userProperties: OF_CLIENT });
  await peer.publish(RPC, { jsonrpc: "2.0", id: 2, method: "tools/list" }, { qos: 0, userProperties: OF_CLIENT });
  assert.deepEqual((await peer.next()).payload, { jsonrpc: "2.0", id: 2, result: "tools/list" });

  const [session] = server.sessions;
  assert.ok(session);
  const notifications = [
    ["notifications/message", RPC],
    ["notifications/progress", RPC],
    ["notifications/tools/list_changed", CAPABILITY],
    ["notifications/prompts/list_changed", CAPABILITY],
    ["notifications/resources/list_changed", CAPABILITY],
    ["notifications/resources/updated", CAPABILITY],
  ] as const;
  for (const [method, topic] of notifications) {
    void session.send(Message.from({ jsonrpc: "2.0", method }));
    const { retain, userProperties, ...packet } = await peer.next();
    assert.deepEqual(packet, { topic, payload: { jsonrpc: "2.0", method }, qos: 1 });
    assert.equal(retain, false);
    assert.deepEqual(userProperties, { ...OF_SERVER, "mcp-session": name });
  }
  void session.send(Message.from({ jsonrpc: "2.0", id: "q", method: "roots/list" }));
  assert.deepEqual(await peer.next().then(({ topic, payload }) => [topic, payload]), [
    RPC,
    { jsonrpc: "2.0", id: "q", method: "roots/list" },
  ]);

  const changed = { jsonrpc: "2.0", method: "notifications/roots/list_changed" };
  await peer.publish("$mcp-client/capability/c1", changed, { userProperties: OF_CLIENT });
  await peer.publish(RPC, { jsonrpc: "2.0", id: "q", result: {} }, { userProperties: OF_CLIENT });
  await eventually("all that the client has sent", () => server.received.length === 5);
  assert.deepEqual(server.received.map(({ method, id }) => method ?? id), [
    "initialize",
    "notifications/initialized",
    "tools/list",
    "notifications/roots/list_changed",
    '"q"',
  ]);
});

testOnBrokers("what belongs to one subscription is told to its client alone", async (broker) => {
  await using server = new EchoServer(broker);
  await using peer = await client(broker);
  await peer.publish(CONTROL, INITIALIZE, { userProperties: OF_CLIENT });
  await peer.next();
  const _meta = { "io.modelcontextprotocol/subscriptionId": 4 };
  for (const method of ["notifications/resources/updated", "notifications/tools/list_changed"]) {
    void server.sessions[0]?.send(Message.from({ jsonrpc: "2.0", method, params: { _meta, uri: "test:a" } }));
    const { topic, payload } = await peer.next();
    assert.deepEqual([topic, payload.method], [RPC, method]);
  }
});

Deno.test("the server subscribes to all topics of a client before it answers, the session's own without its own messages", async () => {
  await using broker = await embeddedBroker();
  const order: unknown[] = [];
  broker.aedes.on("subscribe", (subscriptions, { id }) => {
    if (id === "s1") {
      order.push(...subscriptions.map(({ topic, nl }: { topic: string; nl?: boolean }) => [topic, nl === true]));
    }
  });
  broker.aedes.on("unsubscribe", (topics, { id }) => {
    if (id === "s1") order.push(...topics.map((topic) => `not ${topic}`));
  });
  broker.aedes.on("publish", ({ topic }, by) => {
    if (by?.id === "s1" && topic !== NOBODY) order.push(topic);
  });
  await using _server = new EchoServer(broker);
  await using peer = await client(broker);
  await peer.publish(CONTROL, INITIALIZE, { userProperties: OF_CLIENT });
  await peer.nextOn(RPC);
  await peer.publish(RPC, DISCONNECTED, { userProperties: OF_CLIENT });
  await eventually("the end of the session", () => order.length === 10);
  assert.deepEqual(order, [
    [CONTROL, false],
    PRESENCE,
    CONTROL, // to itself
    [CLIENT_PRESENCE, false],
    ["$mcp-client/capability/c1", false],
    [RPC, true],
    RPC,
    "not $mcp-client/presence/c1",
    "not $mcp-client/capability/c1",
    `not ${RPC}`,
  ]);
});

testOnBrokers("the first request on the control topic opens a session, whatever its method", async (broker) => {
  await using server = new EchoServer(broker);
  await using peer = await client(broker);
  await peer.publish(CONTROL, { jsonrpc: "2.0", id: 7, method: "tools/call" }, { userProperties: OF_CLIENT });
  await peer.publish(CONTROL, { jsonrpc: "2.0", id: 8, method: "tools/list" }, { userProperties: OF_CLIENT });
  assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 7, result: "tools/call" });
  assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 8, result: "tools/list" });
  assert.equal(server.sessions.length, 1);
});

const GOODBYES: readonly [how: string, say: (peer: MqttPeer) => Promise<void>][] = [
  ["disconnected on the session's topic", (peer) => peer.publish(RPC, DISCONNECTED, { userProperties: OF_CLIENT })],
  ["disconnected on its presence", (peer) => peer.publish(CLIENT_PRESENCE, DISCONNECTED)],
  ["an empty message on its presence", (peer) => peer.publish(CLIENT_PRESENCE, "")],
  ["its will, when it crashes", (peer) => peer.drop()],
];

for (const [how, say] of GOODBYES) {
  testOnBrokers(`a client ends its session by ${how}`, async (broker) => {
    await using server = new EchoServer(broker);
    await using peer = await client(broker);
    await peer.publish(CONTROL, INITIALIZE, { userProperties: OF_CLIENT });
    await peer.nextOn(RPC);
    await say(peer);
    await eventually("the end of the session", () => server.ended.length === 1);
    assert.deepEqual(server.ended, ["left"]);
  });
}

testOnBrokers(
  "a client that initializes again under its old id gets a new session and hears no goodbye",
  async (broker) => {
    await using server = new EchoServer(broker);
    await using peer = await client(broker);
    await peer.publish(CONTROL, INITIALIZE, { userProperties: OF_CLIENT });
    await peer.nextOn(RPC);
    await peer.publish(CONTROL, { ...INITIALIZE, id: 2 }, { userProperties: OF_CLIENT });
    assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 2, result: "initialize" });
    await peer.publish(RPC, { jsonrpc: "2.0", id: 3, method: "ping" }, { userProperties: OF_CLIENT });
    assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 3, result: "ping" });
    assert.deepEqual(server.ended, ["session-replaced"]);
  },
);

testOnBrokers(
  "when the server shuts down, it answers what waits, says goodbye and clears its presence",
  async (broker) => {
    // It never answers.
    const server = new EchoServer(broker, { opened: (session) => session.receive(() => {}) });
    await using peer = await client(broker);
    await peer.publish(CONTROL, INITIALIZE, { userProperties: OF_CLIENT });
    while (!server.links.events.some((event) => event.type === "message.dropped")) {
      // Noticed as soon as the server has subscribed.
      await peer.publish(RPC, "no JSON", { userProperties: OF_CLIENT });
    }
    await server[Symbol.asyncDispose]();
    let error = await peer.next();
    while (error.payload.error?.code === -32700) error = await peer.next();
    assert.equal(error.topic, RPC);
    assert.equal(error.payload.id, 1);
    assert.equal(error.payload.error.data.reason, "server-shutting-down");
    assert.deepEqual(await peer.next().then(({ topic, payload }) => [topic, payload]), [RPC, DISCONNECTED]);
    const gone = await peer.next();
    assert.deepEqual([gone.topic, gone.payload, gone.retain], [PRESENCE, "", true]);
    assert.deepEqual(gone.userProperties, OF_SERVER);
    await using late = await MqttPeer.connect(broker.url);
    await late.subscribe("$mcp-server/#");
    await late.publish("$mcp-server/end", "");
    assert.equal((await late.next()).topic, "$mcp-server/end");
  },
);

testOnBrokers(
  "a server that withdraws takes its presence back only when its last session has ended",
  async (broker) => {
    await using server = new EchoServer(broker);
    await using peer = await client(broker);
    await peer.publish(CONTROL, INITIALIZE, { userProperties: OF_CLIENT });
    await peer.nextOn(RPC);
    server.acceptor.withdraw();
    await peer.publish(CONTROL, INITIALIZE, { userProperties: { ...OF_CLIENT, "MCP-MQTT-CLIENT-ID": "c2" } });
    await peer.publish(RPC, { jsonrpc: "2.0", id: 2, method: "ping" }, { userProperties: OF_CLIENT });
    assert.deepEqual((await peer.next()).payload, { jsonrpc: "2.0", id: 2, result: "ping" });
    await server.sessions[0]?.close();
    assert.deepEqual((await peer.next()).payload, DISCONNECTED);
    const presence = await peer.next();
    assert.deepEqual([presence.topic, presence.payload], [PRESENCE, ""]);
    assert.equal(server.sessions.length, 1);
  },
);

testOnBrokers("a server without sessions that withdraws takes its presence back at once", async (broker) => {
  await using server = new EchoServer(broker);
  await using peer = await client(broker);
  server.acceptor.withdraw();
  const presence = await peer.next();
  assert.deepEqual([presence.topic, presence.payload], [PRESENCE, ""]);
});

testOnBrokers("a lost connection ends all sessions, and the server announces itself again", async (broker) => {
  await using server = new EchoServer(broker);
  await using peer = await client(broker);
  await peer.publish(CONTROL, INITIALIZE, { userProperties: OF_CLIENT });
  await peer.nextOn(RPC);
  server.links.cut("s1");
  assert.deepEqual((await peer.nextOn(PRESENCE)).payload, "");
  assert.equal((await peer.nextOn(PRESENCE)).payload.method, "notifications/server/online");
  assert.deepEqual(server.ended, ["broker-unreachable"]);
  await peer.publish(CONTROL, { ...INITIALIZE, id: 5 }, { userProperties: OF_CLIENT });
  assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 5, result: "initialize" });
});

testOnBrokers("the server takes the name that the broker gives it, also for its will", async (broker) => {
  await using server = new EchoServer(broker, {}, { answer: { "MCP-SERVER-NAME": "given/name" } });
  await using watcher = await MqttPeer.connect(broker.url);
  await watcher.subscribe("$mcp-server/presence/#");
  const online = await watcher.next();
  assert.equal(online.topic, "$mcp-server/presence/s1/given/name");
  assert.equal(online.payload.params.server_name, "given/name");
  assert.deepEqual(server.links.plans.map(({ will }) => will?.topic), [
    PRESENCE,
    "$mcp-server/presence/s1/given/name",
  ]);
  server.links.cut("s1");
  const gone = await watcher.next();
  assert.deepEqual([gone.topic, gone.payload], ["$mcp-server/presence/s1/given/name", ""]);
  assert.equal((await watcher.next()).payload.params.server_name, "given/name");
});

testOnBrokers("another prefix takes the place of the leading $", async (broker) => {
  await using _server = new EchoServer(broker, { topicPrefix: "acme/" });
  await using watcher = await MqttPeer.connect(broker.url);
  await watcher.subscribe("acme/#");
  assert.equal((await watcher.next()).topic, "acme/mcp-server/presence/s1/demo/echo");
});

testOnBrokers(
  "a client over the limit gets an error and a goodbye, and nothing is subscribed for it",
  async (broker) => {
    const { Failure } = await import("../../../src/core/failure.ts");
    await using _server = new EchoServer(broker, {
      opened: (session) => void session.close(new Failure("too-many-sessions", "All sessions are in use")),
    });
    await using peer = await client(broker);
    await peer.publish(CONTROL, INITIALIZE, { userProperties: OF_CLIENT });
    assert.equal((await peer.next()).payload.error.data.reason, "too-many-sessions");
    assert.deepEqual((await peer.next()).payload, DISCONNECTED);
  },
);

const HOSTILE: readonly [what: string, payload: unknown, userProperties?: Record<string, string | string[]>][] = [
  ["no JSON", "{", OF_CLIENT],
  ["nothing", "", OF_CLIENT],
  ["a batch", [INITIALIZE], OF_CLIENT],
  ["a notification", { jsonrpc: "2.0", method: "notifications/initialized" }, OF_CLIENT],
  ["a response", { jsonrpc: "2.0", id: 1, result: {} }, OF_CLIENT],
  ["no sender", INITIALIZE],
  ["an empty sender", INITIALIZE, { "MCP-MQTT-CLIENT-ID": "" }],
  ["a sender with a wildcard", INITIALIZE, { "MCP-MQTT-CLIENT-ID": "+" }],
  ["a sender with levels", INITIALIZE, { "MCP-MQTT-CLIENT-ID": "../c1" }],
  ["a sender as long as it can be", INITIALIZE, { "MCP-MQTT-CLIENT-ID": "c".repeat(60_000) }],
  ["a sender with the name of other topics", INITIALIZE, { "MCP-MQTT-CLIENT-ID": "presence" }],
  ["a sender that is Object's", INITIALIZE, { "__proto__": "c1", "constructor": "c1" }],
];

testOnBrokers("what cannot open a session is dropped, and the server lives on", async (broker) => {
  await using server = new EchoServer(broker);
  await using peer = await client(broker);
  for (const [, payload, userProperties] of HOSTILE) {
    await peer.publish(CONTROL, payload, userProperties === undefined ? {} : { userProperties });
  }
  await peer.publish(CONTROL, INITIALIZE, { retain: true, userProperties: { "MCP-MQTT-CLIENT-ID": "c2" } });
  await peer.publish(CONTROL, { ...INITIALIZE, id: 9 }, {
    userProperties: { ...OF_CLIENT, "MCP-MQTT-CLIENT-ID": ["c1", "c2"] },
  });
  assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 9, result: "initialize" });
  for (const payload of ["{", "[]", '"text"', "\u0000"]) {
    await peer.publish(RPC, payload, { userProperties: OF_CLIENT });
  }
  await peer.publish(CLIENT_PRESENCE, "no goodbye");
  await peer.publish("$mcp-client/capability/c1", "{");
  await peer.publish(RPC, { jsonrpc: "2.0", id: 10, method: "ping" }, { userProperties: OF_CLIENT });
  // What is not JSON is answered, without an id.
  for (let malformed = 0; malformed < 4; malformed++) {
    const { jsonrpc, error, ...others } = (await peer.nextOn(RPC)).payload;
    assert.deepEqual([jsonrpc, error.code, others], ["2.0", -32700, {}]);
  }
  assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 10, result: "ping" });
  assert.deepEqual(server.ended, []);
});

testOnBrokers("what is retained on a client's topics does not end its session", async (broker) => {
  await using server = new EchoServer(broker);
  await using peer = await client(broker);
  await peer.publish(CLIENT_PRESENCE, DISCONNECTED, { retain: true });
  await peer.publish(RPC, DISCONNECTED, { retain: true });
  await peer.publish(CONTROL, INITIALIZE, { userProperties: OF_CLIENT });
  await peer.nextOn(RPC);
  await peer.publish(RPC, { jsonrpc: "2.0", id: 10, method: "ping" }, { userProperties: OF_CLIENT });
  assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 10, result: "ping" });
  assert.deepEqual(server.ended, []);
});

Deno.test("when the broker closes the connection over the presence, that is said, and it does not pile up", async () => {
  await using broker = await embeddedBroker();
  let announcements = 0;
  broker.aedes.authorizePublish = (client, { topic, payload }, done) => {
    if (topic !== PRESENCE || payload.length === 0) return done(null); // as it is in the will
    announcements++;
    client?.close();
  };
  const warned: number[] = [];
  await using server: EchoServer = new EchoServer(broker, {
    observe: (event) => {
      server.links.observe(event);
      if (event.type === "warning" && /closes the connection/.test(event.text)) warned.push(announcements);
    },
  });
  await eventually("the warning", () => warned.length > 0);
  assert.deepEqual(warned, [2]);
  broker.aedes.authorizePublish = (_client, _packet, done) => done(null);
  await eventually("the presence", () => server.links.events.some(({ type }) => type === "server.online"));
});
