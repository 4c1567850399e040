import assert from "node:assert/strict";
import type { Channel } from "../../src/core/channel.ts";
import { Failure } from "../../src/core/failure.ts";
import { Message } from "../../src/core/message.ts";
import { RecoveringChannel } from "../../src/relay/mod.ts";

/** A session that answers every request, or has ended before anything could be sent. */
function session(lost: boolean): Channel {
  const end = Promise.withResolvers<Failure | undefined>();
  let receiver: (message: Message) => void = () => {};
  if (lost) end.resolve(new Failure("server-gone", "The server was gone at once"));
  return {
    receive: (into) => void (receiver = into),
    send: (message) => {
      if (!lost) receiver(Message.from(`{"jsonrpc":"2.0","id":${message.id},"result":{}}`));
    },
    close: () => Promise.resolve(end.resolve(undefined)),
    closed: end.promise,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

Deno.test("a request that waits is sent to the next session when the first one is lost before it could be", async () => {
  let dialled = 0;
  const dialer = {
    dial: () => Promise.resolve(session(++dialled === 1)),
    unavailableReason: () => new Failure("no-server-online", "Nobody is there"),
  };
  await using channel = new RecoveringChannel(dialer, { connectTimeout: 5_000, random: () => 0 });
  const answer = new Promise<Message>((resolve) => channel.receive(resolve));
  void channel.send(Message.from({ jsonrpc: "2.0", id: 1, method: "tools/list" }));
  assert.deepEqual((await answer).parse(), { jsonrpc: "2.0", id: 1, result: {} });
  assert.equal(dialled, 2);
});
