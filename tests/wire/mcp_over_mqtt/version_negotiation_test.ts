import assert from "node:assert/strict";
import type { Channel } from "../../../src/core/channel.ts";
import { Message } from "../../../src/core/message.ts";
import { NegotiatedSession } from "../../../src/wire/mcp_over_mqtt/version_negotiation.ts";
import { testOnBrokers } from "../../support/brokers.ts";
import { MemoryChannel } from "../../support/memory_channel.ts";
import { notification, request, response, textOf } from "../../support/messages.ts";
import { AS_SERVER, Client, server } from "../../support/open_convention.ts";
import { eventually } from "../../support/wait.ts";

const initialize = (version: string) =>
  request("1", "initialize", `{"protocolVersion":"${version}", "n":12345678901234567890}`);
const refusal = (supported: unknown, id = 1) =>
  Message.from({
    jsonrpc: "2.0",
    id,
    error: { code: -32602, message: "Unsupported protocol version", data: { supported, requested: "2025-11-25" } },
  });

/** A host's end of a session, and the servers' ends of those that were opened for it. */
function negotiated() {
  const servers: Channel[] = [];
  const heard: Message[][] = [];
  const open = () => {
    const [ours, theirs] = MemoryChannel.pair();
    const messages: Message[] = [];
    theirs.receive((message) => void messages.push(message));
    servers.push(theirs);
    heard.push(messages);
    return ours;
  };
  const session = new NegotiatedSession(open(), () => Promise.resolve(open()));
  const received: Message[] = [];
  session.receive((message) => void received.push(message));
  const texts = (index: number) => heard[index]?.map(textOf);
  return { session, servers, received, texts };
}

Deno.test("a server that refuses a version is asked again with the newest that it supports", async () => {
  const { session, servers, received, texts } = negotiated();
  void session.send(initialize("2025-11-25"));
  void servers[0]?.send(refusal(["2024-11-05", "2025-03-26", "2026-07-28"]));
  await eventually("the second initialization", () => servers.length === 2 && texts(1)?.length === 1);
  assert.deepEqual(texts(1), [textOf(initialize("2025-03-26"))]); // and nothing else is different
  assert.equal(received.length, 0);
  void servers[1]?.send(response("1"));
  void session.send(notification("notifications/initialized"));
  await eventually("the rest of the session", () => received.length === 1 && texts(1)?.length === 2);
  await servers[0]?.closed;
  assert.equal(session.ended, false);
  await servers[1]?.close();
  await session.closed;
});

const FINAL: readonly [what: string, answer: Message][] = [
  ["another error", Message.from({ jsonrpc: "2.0", id: 1, error: { code: -32603, message: "no" } })],
  ["no list of versions", refusal("2025-03-26")],
  ["a list of what are no versions", refusal([1, null, '", "x": "'])],
  ["the version that was asked for", refusal(["2025-11-25"])],
  ["a result", response("1")],
  ["an answer to something else", refusal(["2025-03-26"], 2)],
];

for (const [what, answer] of FINAL) {
  Deno.test(`the host gets what the server answers, when that is ${what}`, async () => {
    const { session, servers, received } = negotiated();
    void session.send(initialize("2025-11-25"));
    void servers[0]?.send(answer);
    await eventually("the answer", () => received.length === 1);
    assert.deepEqual([textOf(received[0]), servers.length], [textOf(answer), 1]);
  });
}

Deno.test("a server that refuses its own version as well has refused", async () => {
  const { session, servers, received } = negotiated();
  void session.send(initialize("2025-11-25"));
  void servers[0]?.send(refusal(["2025-03-26"]));
  await eventually("the second session", () => servers.length === 2);
  void servers[1]?.send(refusal(["2024-11-05"]));
  await eventually("the answer", () => received.length === 1);
  assert.equal(servers.length, 2);
});

Deno.test("when there is no other session, the host gets the refusal", async () => {
  const [ours, theirs] = MemoryChannel.pair();
  const session = new NegotiatedSession(ours, () => Promise.reject(new Error("none")));
  const received: Message[] = [];
  session.receive((message) => void received.push(message));
  void session.send(initialize("2025-11-25"));
  void theirs.send(refusal(["2025-03-26"]));
  await eventually("the answer", () => received.length === 1);
  assert.equal(session.ended, false);
  await session.close();
  await session.closed;
});

Deno.test("a host that waits until there is room is let go when the session is closed meanwhile", async () => {
  const [ours, theirs] = MemoryChannel.pair();
  const [later] = MemoryChannel.pair();
  const opened = Promise.withResolvers<Channel>();
  const session = new NegotiatedSession(ours, () => opened.promise);
  session.receive(() => {});
  void session.send(initialize("2025-11-25"));
  void theirs.send(refusal(["2025-03-26"]));
  const room = session.send(notification("notifications/message", JSON.stringify("x".repeat(2 * 1024 * 1024))));
  assert.ok(room instanceof Promise);
  await session.close();
  opened.resolve(later);
  await room;
  await session.closed;
});

testOnBrokers(
  "the second initialization has a client id of its own, and the first one says goodbye",
  async (broker) => {
    await using peer = await server(broker);
    await peer.subscribe("$mcp-client/presence/+");
    await using client = new Client(broker);
    const session = await client.dial();
    void session.send(initialize("2025-11-25"));
    await peer.next();
    await peer.publish(
      "$mcp-rpc/c1/s1/demo/echo",
      JSON.parse(textOf(refusal(["2025-03-26", "2024-11-05"]))),
      AS_SERVER,
    );
    const again = await peer.nextOn("$mcp-server/s1/demo/echo");
    assert.deepEqual(
      [again.userProperties["MCP-MQTT-CLIENT-ID"], again.payload.params.protocolVersion],
      ["c2", "2025-03-26"],
    );
    await peer.publish("$mcp-rpc/c2/s1/demo/echo", { jsonrpc: "2.0", id: 1, result: {} }, AS_SERVER);
    await eventually("the answer", () => client.received.length === 1);
    await peer.find(({ topic, payload }) =>
      topic === "$mcp-client/presence/c1" && payload.method === "notifications/disconnected"
    );
  },
);
