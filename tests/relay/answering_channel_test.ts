import assert from "node:assert/strict";
import { Failure } from "../../src/core/failure.ts";
import { Message } from "../../src/core/message.ts";
import { AnsweringChannel, type AnsweringOptions } from "../../src/relay/mod.ts";
import { idleTurns, ManualClock } from "../support/manual_clock.ts";
import { MemoryChannel } from "../support/memory_channel.ts";
import { gist, notification, request, response, textOf } from "../support/messages.ts";

function conversation(options: AnsweringOptions = {}) {
  const clock = new ManualClock();
  const [inner, server] = MemoryChannel.pair();
  const channel = new AnsweringChannel(inner, { clock, ...options });
  const atClient: Message[] = [];
  const atServer: Message[] = [];
  channel.receive((message) => void atClient.push(message));
  server.receive((message) => void atServer.push(message));
  return { clock, channel, server, atClient, atServer, gists: () => atClient.map(gist) };
}

Deno.test("what is not about an answer passes untouched, both ways", () => {
  const { channel, server, atClient, atServer } = conversation();
  const sent = [notification("notifications/initialized"), request("1"), response('"theirs"')];
  for (const message of sent) void channel.send(message);
  assert.deepEqual(atServer, sent);
  const received = [notification("notifications/x"), request('"theirs"'), response("1"), response("null")];
  for (const message of received) void server.send(message);
  assert.deepEqual(atClient, received);
});

Deno.test("when the channel ends, every open request is answered with the reason, in order", async () => {
  const { channel, server, gists, atClient } = conversation();
  for (const id of ["1", "0", '""', "9007199254740993"]) void channel.send(request(id));
  void server.send(response("0"));
  await server.close(new Failure("child-exited", "The server process exited with code 3", { exitCode: 3 }));
  await channel.closed;
  assert.deepEqual(gists(), [
    "result 0",
    "error 1 child-exited",
    'error "" child-exited',
    "error 9007199254740993 child-exited",
  ]);
  assert.match(textOf(atClient[1]), /"exitCode":3/);
});

Deno.test("an orderly end leaves no request without an answer either", async () => {
  const { channel, server, gists } = conversation();
  void channel.send(request("1"));
  await server.close();
  assert.equal(await channel.closed, undefined);
  assert.deepEqual(gists(), ["error 1 session-ended"]);
});

Deno.test("a request that is sent after the end is answered at once, and anything else is dropped", async () => {
  const { channel, server, gists } = conversation();
  assert.equal(channel.ended, false);
  await server.close(new Failure("server-gone", "Gone"));
  await channel.closed;
  assert.equal(channel.ended, true);
  void channel.send(request("1"));
  void channel.send(notification("notifications/x"));
  assert.deepEqual(gists(), ["error 1 server-gone"]);
});

Deno.test("a request that takes too long is answered, and later answers are dropped", async () => {
  const failed: string[] = [];
  const { clock, channel, server, gists, atClient } = conversation({
    backstop: (method) => method === "ping" ? 1_000 : Infinity,
    failed: ({ method }, { reason }) => failed.push(`${method} ${reason}`),
  });
  void channel.send(request("1", "ping"));
  void channel.send(request("2", "tools/call"));
  await clock.advance(10_000);
  assert.deepEqual(gists(), ["error 1 timed-out"]);
  assert.deepEqual((atClient[0]?.parse() as { error: unknown }).error, {
    code: -32000,
    message: 'The server did not answer "ping" within 1 s',
    data: { reason: "timed-out", timeout: 1_000 },
  });
  assert.deepEqual(failed, ["ping timed-out"]);
  for (const id of ["1", "2", "1", "2"]) void server.send(response(id));
  assert.deepEqual(gists(), ["error 1 timed-out", "result 2"]);
});

Deno.test("progress keeps the request that it is about alive", async () => {
  const { clock, channel, server, gists } = conversation({ timeout: 1_000 });
  void channel.send(request("1"));
  void channel.send(request('"a"'));
  for (let step = 0; step < 5; step++) {
    await clock.advance(800);
    void server.send(notification("notifications/progress", '{"progressToken":1,"progress":1}'));
  }
  assert.deepEqual(gists().filter((gist) => gist !== "progress"), ['error "a" timed-out']);
  void server.send(response("1"));
  assert.equal(gists().at(-1), "result 1");
});

/** A channel whose peer would be seen to go, or not; that may change. */
function watchable(options: AnsweringOptions) {
  const clock = new ManualClock();
  const [inner, server] = MemoryChannel.pair();
  const watch = { watched: false };
  Object.defineProperty(inner, "watched", { get: () => watch.watched });
  const channel = new AnsweringChannel(inner, { clock, ...options });
  const seen: string[] = [];
  channel.receive((message) => void seen.push(gist(message)));
  server.receive(() => {});
  return { clock, channel, server, watch, seen };
}

Deno.test("a backstop counts only as long as nobody would tell that the peer is gone", async () => {
  const { clock, channel, watch, seen, server } = watchable({ backstop: () => 1_000 });
  void channel.send(request("1")); // before anything is known of the peer
  watch.watched = true;
  void channel.send(request("2"));
  await clock.advance(10_000_000);
  assert.deepEqual(seen, []);
  watch.watched = false;
  void channel.send(request("3"));
  await clock.advance(1_000);
  assert.deepEqual(seen, ["error 3 timed-out"]);
  for (const id of ["1", "2"]) void server.send(response(id));
  assert.deepEqual(seen.slice(1), ["result 1", "result 2"]);
});

Deno.test("a backstop waits for the answer to what the peer asks itself, and starts anew with it", async () => {
  const { clock, channel, seen, server } = watchable({ backstop: () => 1_000 });
  void channel.send(request("1"));
  void server.send(request('"q"', "elicitation/create"));
  await clock.advance(1_999);
  void channel.send(response('"q"'));
  await clock.advance(999);
  assert.deepEqual(seen, ['request "q" elicitation/create']);
  await clock.advance(1);
  assert.deepEqual(seen.slice(1), ["error 1 timed-out"]);
  void channel.send(request("2"));
  void server.send(request('"r"', "sampling/createMessage"));
  void server.send(notification("notifications/cancelled", '{"requestId":"r"}'));
  await clock.advance(1_000);
  assert.equal(seen.at(-1), "error 2 timed-out", "what the peer has taken back is not waited for");
});

Deno.test("what a user asks for counts always", async () => {
  const { clock, channel, seen, watch, server } = watchable({ timeout: 1_000, backstop: () => 5_000 });
  watch.watched = true;
  void channel.send(request("1"));
  void server.send(request('"q"'));
  await clock.advance(1_000);
  assert.equal(seen.at(-1), "error 1 timed-out");
});

Deno.test("after the end of its input, a server that ends owes nobody an answer; one that gets lost does", async () => {
  for (
    const [reason, expected] of [[undefined, []], ["child-exited", []], ["server-gone", [
      "error 1 server-gone",
    ]]] as const
  ) {
    const { channel, server, gists } = conversation();
    void channel.send(request("1"));
    assert.equal(await channel.end(), true);
    await server.close(reason && new Failure(reason, "It is gone"));
    await channel.closed;
    await channel.allAnswered();
    assert.deepEqual(gists(), expected);
  }
});

Deno.test("a channel is busy as long as either side waits for an answer", () => {
  const { channel, server } = watchable({});
  assert.equal(channel.busy, false);
  void channel.send(request("1"));
  void server.send(request('"q"'));
  void server.send(response("1"));
  assert.equal(channel.busy, true);
  void channel.send(response('"q"'));
  assert.equal(channel.busy, false);
  void channel.send(request("2"));
  void channel.send(notification("notifications/cancelled", '{"requestId":2}'));
  assert.equal(channel.busy, false, "a cancelled request is not waited for");
});

Deno.test("a cancelled request is not answered in its peer's place", async () => {
  const { channel, server, gists } = conversation();
  const ids = ["1", "0", '""', "9007199254740993", '"\\u00fc"'];
  for (const id of ids) {
    void channel.send(request(id));
    void channel.send(notification("notifications/cancelled", `{"requestId":${id},"reason":"enough"}`));
  }
  await channel.allAnswered();
  await server.close(new Failure("server-gone", "Gone"));
  await channel.closed;
  assert.deepEqual(gists(), []);
});

Deno.test("cancellations that cannot be understood cancel nothing", async () => {
  const { channel, server, gists, atServer } = conversation();
  void channel.send(request("1"));
  for (
    const params of ["{}", "null", '{"requestId":{"text":"1"}}', '{"requestId":null}', '{"x":{"requestId":1}}', "{1}"]
  ) {
    void channel.send(notification("notifications/cancelled", params));
  }
  assert.equal(atServer.length, 7);
  await server.close();
  await channel.closed;
  assert.deepEqual(gists(), ["error 1 session-ended"]);
});

Deno.test("allAnswered() waits until the last request has its answer", async () => {
  const { channel, server } = conversation();
  void channel.send(request("1"));
  let settled = false;
  void channel.allAnswered().then(() => settled = true);
  await idleTurns();
  assert.equal(settled, false);
  void server.send(response("1"));
  await idleTurns();
  assert.equal(settled, true);
});

Deno.test("every request that is counted as started is counted as ended, however it ends", async () => {
  const counts = { "request.started": 0, "request.ended": 0 };
  const { channel, server, clock } = conversation({
    timeout: 1_000,
    observe: ({ type }) => {
      if (type === "request.started" || type === "request.ended") counts[type]++;
    },
  });
  for (const id of ["1", "1", "2", "3"]) void channel.send(request(id)); // the first id is used twice
  for (const id of ["1", "1", "1"]) void server.send(response(id));
  void channel.send(notification("notifications/cancelled", '{"requestId":2}'));
  await clock.advance(1_000);
  void channel.send(request("4"));
  await server.close();
  await channel.closed;
  void channel.send(request("5"));
  assert.deepEqual(counts, { "request.started": 5, "request.ended": 5 });
});

Deno.test("a closed channel leaves no timer behind", async () => {
  const { clock, channel } = conversation({ timeout: 1_000 });
  void channel.send(request("1"));
  assert.equal(clock.timers, 1);
  await channel.close();
  await channel.closed;
  assert.equal(clock.timers, 0);
});

Deno.test("a slow receiver and a slow peer are waited for", async () => {
  const [inner, server] = MemoryChannel.pair();
  const channel = new AnsweringChannel(inner);
  const ready = Promise.withResolvers<void>();
  channel.receive(() => ready.promise);
  server.receive(() => ready.promise);
  assert.equal(server.send(notification("notifications/x")), ready.promise);
  assert.equal(channel.send(request("1")), ready.promise);
  ready.resolve();
  await channel.close();
});

Deno.test("every request of a batch is answered when the channel ends, once", async () => {
  const { channel, server, gists, atServer } = conversation();
  const batch = Message.from(`[${["1", "2", "3"].map((id) => textOf(request(id))).join()}]`);
  void channel.send(batch);
  assert.deepEqual(atServer, [batch]);
  void server.send(response("2"));
  await server.close(new Failure("child-exited", "The server process exited with code 0"));
  await channel.closed;
  assert.deepEqual(gists(), ["result 2", "error 1 child-exited", "error 3 child-exited"]);
});

Deno.test("a batch of responses answers what it names, and is handed on unless all of that has its answer", async () => {
  const { channel, server, atClient, clock } = conversation({ timeout: 1_000 });
  void channel.send(Message.from(`[${textOf(request("1"))},${textOf(request("2"))}]`));
  const answers = Message.from(`[${textOf(response("1"))},${textOf(response("2"))}]`);
  void server.send(answers);
  assert.deepEqual(atClient, [answers]);
  assert.equal(channel.pending, 0);
  void channel.send(request("3"));
  await clock.advance(1_000);
  void server.send(Message.from(`[${textOf(response("3"))}]`));
  assert.equal(atClient.length, 2);
  await channel.close();
});

Deno.test("a request whose id is too long to be remembered is answered, and an answer of that kind dropped", () => {
  const { channel, server, atClient, atServer } = conversation();
  const long = JSON.stringify("x".repeat(2_000));
  void channel.send(request(long));
  void channel.send(response(long));
  void server.send(request(long));
  void server.send(response(long));
  assert.equal(channel.pending, 0);
  for (const answers of [atClient, atServer]) {
    assert.deepEqual(answers.map((message) => message.parse()), [{
      jsonrpc: "2.0",
      error: { code: -32600, message: "Invalid request: the id is longer than 1024 bytes" },
    }]);
  }
});
