import assert from "node:assert/strict";
import { Failure } from "../../../src/core/failure.ts";
import type { ReceivedPacket } from "../../../src/mqtt/mod.ts";
import { EndedSessions } from "../../../src/wire/mcp_over_mqtt/ended_sessions.ts";
import { Topics } from "../../../src/wire/mcp_over_mqtt/topics.ts";
import { testOnBrokers } from "../../support/brokers.ts";
import { request } from "../../support/messages.ts";
import {
  AS_CLIENT,
  client,
  CLIENT_PRESENCE,
  CONTROL,
  DISCONNECTED,
  EchoServer,
  INITIALIZE,
  RPC,
} from "../../support/open_convention.ts";
import { ScriptedLink } from "../../support/scripted_link.ts";
import { eventually } from "../../support/wait.ts";

const IDLE = new Failure("session-ended", "idle");
const PING = { jsonrpc: "2.0", id: 7, method: "ping" };

testOnBrokers("a client that ignores the end of its session is told so with each request", async (broker) => {
  await using server = new EchoServer(broker);
  await using peer = await client(broker);
  await peer.publish(CONTROL, INITIALIZE, AS_CLIENT);
  await peer.nextOn(RPC);
  await server.sessions[0]?.close(IDLE);
  assert.deepEqual((await peer.nextOn(RPC)).payload, DISCONNECTED);
  await peer.publish(RPC, { jsonrpc: "2.0", method: "notifications/initialized" }, AS_CLIENT);
  for (const id of [7, "x"]) {
    await peer.publish(RPC, { ...PING, id }, AS_CLIENT);
    const { payload } = await peer.nextOn(RPC);
    assert.deepEqual([payload.id, payload.error.data], [id, { reason: "session-ended" }]);
  }
  assert.equal(server.sessions.length, 1);
});

testOnBrokers("a client whose session was ended begins another one under the same id", async (broker) => {
  await using server = new EchoServer(broker);
  await using peer = await client(broker);
  await peer.publish(CONTROL, INITIALIZE, AS_CLIENT);
  await peer.nextOn(RPC);
  await server.sessions[0]?.close(IDLE);
  await peer.nextOn(RPC);
  await peer.publish(CONTROL, { ...INITIALIZE, id: 2 }, AS_CLIENT);
  assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 2, result: "initialize" });
  await peer.publish(RPC, PING, AS_CLIENT);
  assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 7, result: "ping" });
});

for (const [what, topic] of [["its presence", CLIENT_PRESENCE], ["its session's topic", RPC]] as const) {
  testOnBrokers(`a client of an ended session that says goodbye on ${what} is forgotten`, async (broker) => {
    await using server = new EchoServer(broker);
    await using peer = await client(broker);
    await peer.publish(CONTROL, INITIALIZE, AS_CLIENT);
    await peer.nextOn(RPC);
    await server.sessions[0]?.close(IDLE);
    await peer.nextOn(RPC);
    await peer.publish(topic, DISCONNECTED, AS_CLIENT);
    await peer.publish(RPC, PING, AS_CLIENT);
    // Behind it on the same connection of the server.
    await peer.publish(CONTROL, { ...INITIALIZE, id: 3 }, AS_CLIENT);
    assert.deepEqual((await peer.nextOn(RPC)).payload, { jsonrpc: "2.0", id: 3, result: "initialize" });
  });
}

testOnBrokers("who hears on its presence topic that it is gone, and is not, is told", async (broker) => {
  await using server = new EchoServer(broker, { opened: (session) => session.receive(() => {}) });
  await using peer = await client(broker);
  await peer.publish(CONTROL, INITIALIZE, AS_CLIENT);
  while (!server.links.events.some((event) => event.type === "message.dropped")) {
    await peer.publish(RPC, "no JSON", AS_CLIENT); // noticed as soon as the server has subscribed
  }
  await peer.publish(CLIENT_PRESENCE, DISCONNECTED, { userProperties: { "MCP-MQTT-CLIENT-ID": "somebody" } });
  let { payload } = await peer.nextOn(RPC);
  while (payload.error.code === -32700) ({ payload } = await peer.nextOn(RPC));
  assert.deepEqual([payload.id, payload.error.data.reason], [1, "session-ended"]);
  assert.deepEqual((await peer.nextOn(RPC)).payload, DISCONNECTED);
});

testOnBrokers("after a lost connection nobody is remembered", async (broker) => {
  await using server = new EchoServer(broker);
  await using peer = await client(broker);
  await peer.publish(CONTROL, INITIALIZE, AS_CLIENT);
  await peer.nextOn(RPC);
  await server.sessions[0]?.close(IDLE);
  await peer.nextOn(RPC);
  server.links.cut("s1");
  await eventually(
    "the way back",
    () => server.links.events.filter(({ type }) => type === "server.online").length === 2,
  );
  await peer.publish(RPC, PING, AS_CLIENT);
  await peer.publish(CONTROL, { ...INITIALIZE, id: 3 }, AS_CLIENT);
  await peer.find(({ payload }) => payload.id === 3);
  assert.equal(peer.packets.some(({ payload }) => payload.id === PING.id), false);
});

Deno.test("of more than a thousand ended sessions the oldest are forgotten", () => {
  const link = new ScriptedLink("s1");
  const server = { serverId: "s1", serverName: "demo" };
  const ended = new EndedSessions(link, new Topics("$"), server, 1);
  for (let index = 0; index < 1_100; index++) ended.add(`c${index}`);
  const answered = (client: string) => {
    const topic = `$mcp-rpc/${client}/s1/demo`;
    const packet: ReceivedPacket = { topic, payload: request("1").bytes, qos: 1, retain: false, properties: {} };
    const before = link.published.length;
    link.deliver(packet);
    return link.published.length > before;
  };
  assert.deepEqual(["c0", "c99", "c100", "c1099"].map(answered), [false, false, true, true]);
});
