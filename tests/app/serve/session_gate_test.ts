import assert from "node:assert/strict";
import { SessionGate } from "../../../src/app/serve/session_gate.ts";
import { Failure } from "../../../src/core/failure.ts";
import { Message } from "../../../src/core/message.ts";
import { MemoryChannel } from "../../support/memory_channel.ts";
import { gist, notification, request, response } from "../../support/messages.ts";

/** A gate for at most `maximum` pending requests, with a client in front of it and a server behind. */
function gated(maximum = 2) {
  const [session, client] = MemoryChannel.pair();
  const toServer: string[] = [];
  const toClient: Message[] = [];
  let pending = 0;
  const gate = new SessionGate(session, () => pending, maximum);
  client.receive((message) => void toClient.push(message));
  gate.receive((message) => {
    if (message.kind === "request") pending++;
    toServer.push(message.kind === "response" ? `answer ${message.id}` : gist(message));
  });
  const answer = (id: string) => {
    pending--;
    return gate.send(response(id));
  };
  return { gate, client, toServer, toClient, answer };
}

Deno.test("as many requests as allowed get through, and each answer makes room for another one", () => {
  const { client, toServer, toClient, answer } = gated(2);
  for (const id of ["1", "2", "3"]) void client.send(request(id));
  void answer("1");
  void client.send(request("4"));
  assert.deepEqual(toServer, ["request 1 tools/call", "request 2 tools/call", "request 4 tools/call"]);
  assert.deepEqual(toClient.map(gist), ["error 3 too-many-pending", "result 1"]);
  const { error } = toClient[0]?.parse() as { error: { message: string; data: unknown } };
  assert.match(error.message, /^2 requests .*--max-pending/);
  assert.deepEqual(error.data, { reason: "too-many-pending", maximum: 2 });
});

Deno.test("only requests are held up: what else a client says gets through, its cancellations above all", () => {
  const { client, toServer } = gated(0);
  void client.send(request("1"));
  void client.send(notification("notifications/cancelled"));
  void client.send(response('"q"'));
  void client.send(Message.from("[]"));
  assert.deepEqual(toServer.slice(0, 2), ["cancelled", 'answer "q"']);
  assert.equal(toServer.length, 3);
});

Deno.test("after a refusal every request is answered with it, and answers still go out", () => {
  const { gate, client, toServer, toClient, answer } = gated();
  void client.send(request("1"));
  gate.refuse(new Failure("server-shutting-down", "The server is shutting down"));
  void client.send(request("0"));
  void client.send(notification("notifications/cancelled"));
  void answer("1");
  assert.deepEqual(toServer, ["request 1 tools/call", "cancelled"]);
  assert.deepEqual(toClient.map(gist), ["error 0 server-shutting-down", "result 1"]);
});

Deno.test("who is asked to wait is the one whose message it was", async () => {
  const [session, client] = MemoryChannel.pair();
  const gate = new SessionGate(session, () => 0, 1);
  const room = Promise.withResolvers<void>();
  gate.receive(() => room.promise);
  assert.equal(client.send(request("1")), room.promise);
  client.receive(() => room.promise);
  gate.refuse(new Failure("server-shutting-down", "no"));
  assert.equal(client.send(request("2")), room.promise, "the refusal waits for its reader");
  room.resolve();
  await gate.close();
});

Deno.test("the gate ends with its session, and the session with the gate", async () => {
  const { gate, client } = gated();
  const reason = new Failure("session-ended", "over");
  await gate.close(reason);
  assert.equal(await client.closed, reason);
  assert.equal(await gate.closed, reason);
  const other = gated();
  await other.client.close();
  assert.equal(await other.gate.closed, undefined);
});
