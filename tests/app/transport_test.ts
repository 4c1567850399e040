import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types";
import { ChannelTransport } from "../../src/app/transport.ts";
import { Failure } from "../../src/core/failure.ts";
import { Message } from "../../src/core/message.ts";
import { idleTurns } from "../support/manual_clock.ts";
import { MemoryChannel } from "../support/memory_channel.ts";
import { request, textOf } from "../support/messages.ts";

function transport() {
  const [channel, peer] = MemoryChannel.pair();
  const calls: string[] = [];
  const transport = new ChannelTransport(channel, () => {
    calls.push("released");
    return Promise.resolve();
  });
  transport.onclose = () => calls.push("closed");
  transport.onerror = ({ message }) => calls.push(`error: ${message}`);
  transport.onmessage = (message: JSONRPCMessage) => calls.push(JSON.stringify(message));
  return { transport, peer, calls };
}

Deno.test("a channel is what the SDK calls a transport, and the SDK's declarations are there to prove it", () => {
  const real: Transport = transport().transport;
  assert.equal(typeof real.start, "function");
  // @ts-expect-error -- a number is not one: without its declarations, anything would be
  const wrong: Transport = 5;
  assert.equal(wrong, 5);
});

Deno.test("messages pass in both directions", async () => {
  const { transport: end, peer, calls } = transport();
  const received: string[] = [];
  peer.receive((message) => void received.push(textOf(message)));
  await end.start();
  await end.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  void peer.send(Message.from({ jsonrpc: "2.0", id: 1, result: {} }));
  assert.deepEqual(received, ['{"jsonrpc":"2.0","id":1,"method":"ping"}']);
  assert.deepEqual(calls, ['{"jsonrpc":"2.0","id":1,"result":{}}']);
  await end.close();
});

Deno.test("the SDK gets the messages of a batch one by one, and each request is waited for", async () => {
  const { transport: end, peer, calls } = transport();
  await end.start();
  const messages = [{ jsonrpc: "2.0", id: 1, method: "ping" }, { jsonrpc: "2.0", method: "n" }];
  void peer.send(Message.from(messages));
  await idleTurns();
  assert.deepEqual(calls, messages.map((message) => JSON.stringify(message)));
  await end.close();
});

Deno.test("what cannot be parsed, or makes the SDK throw, is an error and not the end", async () => {
  const { transport: end, peer, calls } = transport();
  await end.start();
  void peer.send(Message.from('{"id":1,"result":{broken}}'));
  assert.match(calls[0] ?? "", /^error: .*JSON/);
  end.onmessage = () => {
    throw new Error("handler");
  };
  void peer.send(request("1"));
  assert.equal(calls[1], "error: handler");
  await end.close();
});

Deno.test("closing releases what is behind it once, and tells the SDK once", async () => {
  const { transport: end, calls } = transport();
  await end.start();
  await Promise.all([end.close(), end.close()]);
  await idleTurns();
  assert.deepEqual(calls, ["released", "closed"]);
});

Deno.test("when the channel ends with a reason the SDK is told it, and everything is released", async () => {
  const { transport: end, peer, calls } = transport();
  await end.start();
  await peer.close(new Failure("server-gone", "Gone"));
  await idleTurns();
  assert.deepEqual(calls, ["error: Gone", "released", "closed"]);
});

Deno.test("an SDK client works on a channel", async () => {
  const [channel, peer] = MemoryChannel.pair();
  peer.receive((message) => {
    if (message.kind !== "request") return;
    const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "fake", version: "1" } };
    void peer.send(Message.from(`{"jsonrpc":"2.0","id":${message.id},"result":${JSON.stringify(result)}}`));
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new ChannelTransport(channel));
  assert.equal(client.getServerVersion()?.name, "fake");
  await client.close();
  assert.equal(await peer.closed, undefined);
});
