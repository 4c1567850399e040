import assert from "node:assert/strict";
import type { Failure } from "../../../src/core/failure.ts";
import { Message } from "../../../src/core/message.ts";
import { Opening } from "../../../src/wire/mcp_over_mqtt/opening.ts";
import { Topics } from "../../../src/wire/mcp_over_mqtt/topics.ts";
import { testOnBrokers } from "../../support/brokers.ts";
import { embeddedBroker, type TestBroker } from "../../support/embedded_broker.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { response } from "../../support/messages.ts";
import { MqttPeer } from "../../support/mqtt_peer.ts";
import {
  AS_CLIENT,
  AS_SERVER,
  Client,
  client,
  CONTROL,
  EchoServer,
  INITIALIZE,
  NAME,
  OF_CLIENT,
  ONLINE,
  RPC,
  server,
} from "../../support/open_convention.ts";
import { ScriptedLink } from "../../support/scripted_link.ts";
import { CLIENT_OPTIONS } from "../../support/wire_options.ts";
import { eventually } from "../../support/wait.ts";

const CALL = { jsonrpc: "2.0", id: 1, method: "tools/call", params: {} };
const PING = { jsonrpc: "2.0", id: 5, method: "ping" };

/** What is left of an instance that is gone: its presence. */
async function leftover(broker: TestBroker, id: string): Promise<void> {
  await using peer = await MqttPeer.connect(broker.url);
  await peer.publish(`$mcp-server/presence/${id}/${NAME}`, ONLINE, { retain: true });
}

testOnBrokers(
  "leftovers of instances are passed over, whether the broker tells that nobody listens or not",
  async (broker) => {
    await leftover(broker, "s-1");
    await leftover(broker, "s0");
    await using peer = await server(broker, "s1");
    await using client = new Client(broker, { connectTimeout: 2_000 });
    const session = await client.dial();
    void session.send(Message.from(INITIALIZE));
    assert.equal((await peer.next()).payload.method, "initialize");
    await peer.publish(RPC, { jsonrpc: "2.0", id: 1, result: {} }, AS_SERVER);
    await eventually("the answer", () => client.received.length === 1);
  },
);

testOnBrokers(
  "when nothing but leftovers is announced, the host is told within the time for connecting",
  async (broker) => {
    await leftover(broker, "s1");
    await using client = new Client(broker, { connectTimeout: 400 });
    const session = await client.dial();
    void session.send(Message.from(INITIALIZE));
    const failure = await session.closed;
    assert.equal(failure?.reason, "server-not-responding");
    assert.match(failure?.message ?? "", /announced, but does not (listen|answer)/);
  },
);

/** The opening of a session on a broker that does not tell that nobody listens, with instances that never answer. */
function opening(first: string, ...others: string[]) {
  const clock = new ManualClock();
  const link = new ScriptedLink("c1");
  const failures: Failure[] = [];
  const instance = (serverId: string) => ({ serverId, serverName: NAME });
  const opening = new Opening(
    {
      link,
      topics: new Topics(),
      options: { ...CLIENT_OPTIONS, connectTimeout: 10_000 },
      properties: AS_CLIENT,
      clock,
      limit: 30_000,
      another: () => Promise.resolve(others.splice(0, 1).map(instance)[0]),
      failed: (failure) => failures.push(failure),
      signal: new AbortController().signal,
    },
    Message.from(INITIALIZE),
    instance(first),
  );
  void opening.begin();
  return { clock, link, failures, opening };
}

Deno.test("a server that answers a ping may take its time", async () => {
  const { clock, link, failures, opening: one } = opening("s1");
  await clock.advance(1_000);
  const ping = link.published.at(-1);
  assert.deepEqual([ping?.topic, ping?.properties?.userProperties], [CONTROL, { ...OF_CLIENT, "mcp-probe": "1" }]);
  assert.equal(one.isProbed(response(new Message(ping?.payload ?? new Uint8Array()).id ?? "")), true);
  await clock.advance(28_999);
  assert.equal(failures.length, 0);
  await clock.advance(1);
  assert.match(failures[0]?.message ?? "", /has not answered "initialize" within 30 s/);
});

Deno.test("ten leftovers are passed over within the time for connecting", async () => {
  const { clock, failures, opening: many } = opening("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "alive");
  for (let passed = 0; passed < 9_500; passed += 250) await clock.advance(250);
  assert.deepEqual([many.server.serverId, failures.length], ["alive", 0]);
  many.end();
  assert.equal(clock.timers, 0);
});

Deno.test("a call that comes first is not sent to another instance, since it might run twice", async () => {
  await using broker = await embeddedBroker();
  await using mute = await server(broker, "s1");
  await using other = await server(broker, "s2");
  await using client = new Client(broker, { connectTimeout: 400 });
  const session = await client.dial();
  void session.send(Message.from(CALL));
  assert.equal((await session.closed)?.reason, "server-not-responding");
  assert.deepEqual([...mute.packets, ...other.packets].map(({ payload }) => payload.method), ["tools/call", "ping"]);
  const next = await client.dial();
  void next.send(Message.from(CALL));
  assert.equal((await other.next()).payload.method, "tools/call"); // the mute one is avoided
});

Deno.test("an instance that was passed over hears that, in case it was only slow", async () => {
  await using broker = await embeddedBroker();
  await using slow = await server(broker, "s1");
  await slow.subscribe(RPC);
  await using other = await server(broker, "s2");
  await using client = new Client(broker, { connectTimeout: 400 });
  void (await client.dial()).send(Message.from(INITIALIZE));
  assert.equal((await other.next()).payload.method, "initialize");
  await slow.find(({ topic, payload }) => topic === RPC && payload.method === "notifications/disconnected");
});

testOnBrokers("a server answers who asks whether it is there itself, without a session", async (broker) => {
  await using server = new EchoServer(broker);
  await using peer = await client(broker);
  const asProbe = { userProperties: { ...AS_CLIENT.userProperties, "mcp-probe": "1" } };
  await peer.publish(CONTROL, PING, asProbe);
  assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 5, result: {} });
  assert.equal(server.sessions.length, 0);
  // And not instead of its process, when it is asked for that.
  await peer.publish(CONTROL, PING, AS_CLIENT);
  assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 5, result: "ping" });
});
