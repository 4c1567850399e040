import assert from "node:assert/strict";
import type { ProxyEvent } from "../../src/core/events.ts";
import { Failure } from "../../src/core/failure.ts";
import type { Message } from "../../src/core/message.ts";
import { MeteredChannel } from "../../src/relay/mod.ts";
import { MemoryChannel } from "../support/memory_channel.ts";
import { notification, request, response } from "../support/messages.ts";

function metered() {
  const [inner, client] = MemoryChannel.pair();
  const events: ProxyEvent[] = [];
  return { channel: new MeteredChannel(inner, (event) => events.push(event)), client, events };
}

Deno.test("every message is counted once, with its bytes and its direction, before it is passed on", () => {
  const { channel, client, events } = metered();
  const counts: number[] = [];
  channel.receive(() => void counts.push(events.length));
  client.receive(() => void counts.push(events.length));
  const messages = [request("1", "ä"), response("1"), notification("x")];
  const [asked, answer, told] = messages as [Message, Message, Message];
  void client.send(asked);
  void channel.send(answer);
  void client.send(told);
  assert.deepEqual(counts, [1, 2, 3]);
  assert.deepEqual(events, [
    { type: "message.carried", direction: "to-server", bytes: asked.bytes.length },
    { type: "message.carried", direction: "to-client", bytes: answer.bytes.length },
    { type: "message.carried", direction: "to-server", bytes: told.bytes.length },
  ]);
});

Deno.test("the messages themselves, and who has to wait for whom, are as without it", () => {
  const { channel, client } = metered();
  const room = Promise.withResolvers<void>();
  const received: Message[] = [];
  const take = (message: Message) => {
    received.push(message);
    return room.promise;
  };
  channel.receive(take);
  client.receive(take);
  const [asked, answer] = [request("1"), response("1")];
  assert.equal(client.send(asked), room.promise);
  assert.equal(channel.send(answer), room.promise);
  assert.ok(received[0] === asked && received[1] === answer);
});

Deno.test("it ends with what it meters, and that with it", async () => {
  const reason = new Failure("session-ended", "over");
  const one = metered();
  await one.channel.close(reason);
  assert.equal(await one.client.closed, reason);
  const other = metered();
  await other.client.close(reason);
  assert.equal(await other.channel.closed, reason);
  const third = metered();
  await third.channel[Symbol.asyncDispose]();
  assert.equal(await third.client.closed, undefined);
});
