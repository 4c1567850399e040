import assert from "node:assert/strict";
import { Failure } from "../../src/core/failure.ts";
import type { Message } from "../../src/core/message.ts";
import { join } from "../../src/relay/mod.ts";
import { MemoryChannel } from "../support/memory_channel.ts";
import { request, response } from "../support/messages.ts";

function pairs() {
  const [host, left] = MemoryChannel.pair();
  const [right, server] = MemoryChannel.pair();
  const atHost: Message[] = [];
  const atServer: Message[] = [];
  host.receive((message) => void atHost.push(message));
  server.receive((message) => void atServer.push(message));
  return { host, left, right, server, atHost, atServer };
}

Deno.test("joined channels pass every message on, as it is and in order", async () => {
  const { host, left, right, server, atHost, atServer } = pairs();
  const early = request("0");
  void host.send(early);
  const joined = join(left, right);
  const sent = [request("1"), request("2"), response("3")];
  for (const message of sent) void host.send(message);
  const answers = [response("2"), response("1")];
  for (const message of answers) void server.send(message);
  assert.deepEqual(atServer, [early, ...sent]);
  assert.deepEqual(atHost, answers);
  await host.close();
  await joined;
});

for (const first of ["left", "right"] as const) {
  Deno.test(`when the ${first} channel ends, the other one is closed with its reason`, async () => {
    const { host, left, right, server } = pairs();
    const [ending, other] = first === "left" ? [host, server] : [server, host];
    const joined = join(left, right);
    const failure = new Failure("child-exited", "Gone");
    await ending.close(failure);
    assert.deepEqual(await joined, { first, failure });
    assert.equal(await other.closed, failure);
  });

  Deno.test(`what is awaited after the ${first} channel has ended may still be sent through the other one`, async () => {
    const { host, left, right, server, atHost, atServer } = pairs();
    const [ending, rest] = first === "left" ? [host, atServer] : [server, atHost];
    const joined = join(left, right, {
      beforeClosing: ({ first: ended }) => {
        assert.equal(ended, first);
        void (first === "left" ? right : left).send(response("7"));
        return Promise.resolve();
      },
    });
    await ending.close();
    await joined;
    assert.deepEqual(rest.map(({ id }) => id), ["7"]);
  });
}

Deno.test("a channel that has ended before the join ends it at once", async () => {
  const { host, left, right, server } = pairs();
  await server.close();
  assert.deepEqual(await join(left, right), { first: "right", failure: undefined });
  await host.closed;
});

Deno.test("a channel that is slow slows the one that feeds it, and no other", async () => {
  const { host, left, right, server } = pairs();
  const ready = Promise.withResolvers<void>();
  server.receive(() => ready.promise);
  const joined = join(left, right);
  assert.equal(host.send(request("1")), ready.promise);
  assert.equal(server.send(response("1")), undefined);
  ready.resolve();
  await host.close();
  await joined;
});

Deno.test("the end of the left channel's input is passed on, and what the right one still says is delivered", async () => {
  const { host, left, right, server, atHost } = pairs();
  const joined = join(left, right);
  host.end();
  await server.peerEnded;
  const answer = response("1");
  void server.send(answer);
  assert.deepEqual(atHost, [answer]);
  await server.close();
  assert.deepEqual(await joined, { first: "right", failure: undefined });
});

Deno.test("a right channel that goes on after the end of its input is closed when that takes too long", async () => {
  const { host, left, right, server } = pairs();
  const { promise: lingering, resolve } = Promise.withResolvers<void>();
  const joined = join(left, right, { linger: () => lingering });
  host.end();
  await server.peerEnded;
  assert.equal(server.ended, false);
  resolve();
  assert.deepEqual(await joined, { first: "left", failure: undefined });
  assert.equal(server.ended, true);
});

Deno.test("where the end of input cannot be passed on, it is that of the channel", async () => {
  const { host, left, right } = pairs();
  right.end = () => false;
  const joined = join(left, right, { linger: () => assert.fail("nobody knows that there is something to wait for") });
  host.end();
  assert.deepEqual(await joined, { first: "left", failure: undefined });
});
