import assert from "node:assert/strict";
import { Message } from "../../../src/core/message.ts";
import { testOnBrokers } from "../../support/brokers.ts";
import { embeddedBroker } from "../../support/embedded_broker.ts";
import { MqttPeer } from "../../support/mqtt_peer.ts";
import {
  AS_SERVER,
  Client,
  INITIALIZE,
  initialize,
  ONLINE,
  PRESENCE,
  RPC,
  server,
} from "../../support/open_convention.ts";
import { eventually } from "../../support/wait.ts";

const PING = { jsonrpc: "2.0", id: 9, method: "ping" };

testOnBrokers("a device that comes back and has forgotten its clients gets a new session", async (broker) => {
  await using client = new Client(broker, { connectTimeout: 300 });
  let session;
  {
    await using device = await server(broker);
    session = await client.dial();
    await initialize(device, session);
  }
  // As an ESP32: its will is late, or does not come, and its subscriptions are gone.
  await using device = await MqttPeer.connect(broker.url, { clientId: "s1" });
  await device.subscribe("$mcp-server/s1/demo/echo");
  await device.publish(PRESENCE, ONLINE, { retain: true, ...AS_SERVER });
  assert.match((await session.closed)?.reason ?? "", /server-not-responding|server-gone/);
  const next = await client.dial();
  void next.send(Message.from(INITIALIZE));
  assert.equal((await device.next()).userProperties["MCP-MQTT-CLIENT-ID"], "c2");
});

testOnBrokers("a server that announces itself again, and answers a ping, keeps its sessions", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker, { connectTimeout: 300 });
  const session = await client.dial();
  await initialize(peer, session);
  await peer.publish(PRESENCE, ONLINE, { retain: true, ...AS_SERVER });
  const { topic, payload } = await peer.next();
  assert.deepEqual([topic, payload.method], [RPC, "ping"]);
  await peer.publish(RPC, { jsonrpc: "2.0", id: payload.id, result: {} }, AS_SERVER);
  await peer.publish(RPC, { jsonrpc: "2.0", method: "notifications/message" }, AS_SERVER);
  await eventually(
    "what comes behind the answer to the ping, which is not the host's",
    () => client.received.length === 2,
  );
  assert.equal(client.received[1]?.method, "notifications/message");
  assert.equal(session.ended, false);
});

testOnBrokers(
  "a server that has been there all the time, and says more of itself, is asked nothing",
  async (broker) => {
    const online = (meta: Record<string, unknown>) => ({ ...ONLINE, params: { ...ONLINE.params, meta } });
    await using peer = await server(broker);
    const since = new Date().toISOString();
    await peer.publish(PRESENCE, online({ since }), { retain: true, ...AS_SERVER });
    await using client = new Client(broker, { connectTimeout: 300 });
    const session = await client.dial();
    await initialize(peer, session);
    await peer.publish(PRESENCE, online({ since, toolsDigest: "x" }), { retain: true, ...AS_SERVER });
    await peer.publish(RPC, { jsonrpc: "2.0", method: "notifications/message" }, AS_SERVER);
    await eventually("what comes behind the presence", () => client.received.length === 2);
    void session.send(Message.from(PING));
    assert.equal((await peer.next()).payload.id, PING.id);
    // The same again is what a server says that has lost its connection.
    await peer.publish(PRESENCE, online({ since, toolsDigest: "x" }), { retain: true, ...AS_SERVER });
    assert.notEqual((await peer.next()).payload.id, PING.id);
  },
);

testOnBrokers("a presence that was retained all the time asks nobody", async (broker) => {
  await using peer = await server(broker);
  await using client = new Client(broker);
  await initialize(peer, await client.dial());
  assert.deepEqual(peer.packets.map(({ payload }) => payload.method), ["initialize"]);
});

Deno.test("a ping of the host that expires ends the session, if nothing else has come from the server", async () => {
  await using broker = await embeddedBroker();
  await using peer = await server(broker);
  await using client = new Client(broker, { timeout: 200 });
  const session = await client.dial();
  await initialize(peer, session);
  void session.send(Message.from(PING));
  const failure = await session.closed;
  assert.equal(failure?.reason, "server-not-responding");
  assert.match(failure?.message ?? "", /"demo\/echo" has not answered a ping within 0.2 s/);
});

Deno.test("a server that does not answer pings, but says something else, keeps its session", async () => {
  await using broker = await embeddedBroker();
  await using peer = await server(broker);
  await using client = new Client(broker, { timeout: 200 });
  const session = await client.dial();
  await initialize(peer, session);
  void session.send(Message.from(PING));
  assert.equal((await peer.next()).payload.method, "ping");
  await peer.publish(RPC, { jsonrpc: "2.0", method: "notifications/progress" }, AS_SERVER);
  await eventually("the notification", () => client.received.length === 2);
  void session.send(Message.from({ ...PING, id: 10 }));
  void session.send(Message.from({ ...PING, id: 11 }));
  await eventually("the other pings", () => peer.packets.length === 4);
  assert.equal(session.ended, false);
});
