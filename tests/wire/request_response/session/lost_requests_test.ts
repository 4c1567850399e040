import assert from "node:assert/strict";
import { Message } from "../../../../src/core/message.ts";
import { LostRequests } from "../../../../src/wire/request_response/session/lost_requests.ts";

const request = (id: unknown) => Message.from({ jsonrpc: "2.0", id, method: "tools/call" });
const response = (id: unknown) => Message.from({ jsonrpc: "2.0", id, result: {} });

/** Both ends of a session, of which the client has asked for what is not answered. */
function ends(...ids: readonly unknown[]) {
  const [client, server] = [new LostRequests(), new LostRequests()];
  for (const id of ids) client.sent(request(id));
  return { client, server };
}

/** The ids of the requests that turn out to be lost when `client` asks `server`. */
function lost(client: LostRequests, server: LostRequests): unknown[] {
  const question = client.ask();
  assert.ok(question !== undefined);
  const answer = server.answer(question);
  assert.ok(answer !== undefined);
  return (client.received(answer) ?? []).map((message) => {
    const { id, error } = message.parse() as { id: unknown; error: { data: { reason: string } } };
    assert.equal(error.data.reason, "broker-unreachable");
    return id;
  });
}

Deno.test("what the server has never had, or has answered in vain, is lost; what it works on is not", () => {
  const { client, server } = ends(1, "two", 3, 4);
  for (const id of ["two", 3, 4]) assert.ok(server.begins(request(id)));
  server.sent(response(3)); // which does not arrive
  assert.deepEqual(lost(client, server), [1, 3]);
  assert.deepEqual(lost(client, server), [], "and is told of once");
});

Deno.test("what was answered before the answer to the question is not lost", () => {
  const { client, server } = ends(1, 2);
  const question = client.ask();
  assert.equal(client.received(response(1)), undefined);
  const answer = question && server.answer(question);
  assert.equal(answer && client.received(answer)?.length, 1);
});

Deno.test("an id that no number of JavaScript holds is known again", () => {
  const { client, server } = ends();
  const large = Message.from('{"jsonrpc":"2.0","id":12345678901234567890,"method":"x"}');
  client.sent(large);
  server.begins(large);
  assert.deepEqual(lost(client, server), []);
});

Deno.test("there is nothing to ask when everything is answered", () => {
  const { client } = ends(1);
  client.received(response(1));
  assert.equal(client.ask(), undefined);
});

Deno.test("a peer that does not know the question, or answers an older one, changes nothing", () => {
  const { client, server } = ends(1);
  const older = client.ask();
  const question = client.ask();
  assert.ok(question?.id !== undefined && older !== undefined);
  const late = server.answer(older);
  assert.deepEqual(late && client.received(late), []);
  const unknown = Message.from(`{"jsonrpc":"2.0","id":${question.id},"error":{"code":-32601,"message":"?"}}`);
  assert.deepEqual(client.received(unknown), []);
  assert.ok(client.ask() !== undefined, "the request still waits");
});

Deno.test("a request that comes twice is worked on once", () => {
  const { server } = ends();
  assert.deepEqual([server.begins(request(1)), server.begins(request(1))], [true, false]);
  server.sent(response(1));
  assert.ok(server.begins(request(1)));
});

Deno.test("a second answer to a request is nobody's business", () => {
  const { client, server } = ends(1, 2);
  assert.equal(client.received(response(1)), undefined);
  assert.deepEqual(client.received(response(1)), []);
  assert.deepEqual(lost(client, server), [2]);
  assert.deepEqual(client.received(response(2)), [], "one that comes too late");
});

Deno.test("the requests of a batch are answered one by one, or together, and are lost one by one", () => {
  const batch = Message.from([1, 2, 3, 4].map((id) => ({ jsonrpc: "2.0", id, method: "tools/call" })));
  const { client, server } = ends();
  client.sent(batch);
  assert.ok(server.begins(batch));
  assert.equal(client.received(response(1)), undefined);
  assert.deepEqual(client.received(response(1)), [], "which has its answer");
  server.sent(response(1));
  const answers = Message.from([2, 3].map((id) => ({ jsonrpc: "2.0", id, result: {} })));
  server.sent(answers);
  assert.deepEqual(lost(client, server), [2, 3]);
  assert.equal(client.received(answers), undefined);
  assert.equal(client.received(response(4)), undefined);
  assert.equal(client.ask(), undefined);
});

Deno.test("a cancelled request is not asked for, its late answer is passed on once, and its id can be used again", () => {
  const { client, server } = ends(7);
  const cancel = Message.from({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } });
  assert.ok(server.begins(request(7)));
  client.sent(cancel);
  assert.ok(server.begins(cancel));
  assert.equal(client.ask(), undefined);
  assert.ok(server.begins(request(7)), "again");
  assert.equal(client.received(response(7)), undefined);
  assert.deepEqual(client.received(response(7)), []);
});

Deno.test("whoever has reconnected asks to be asked, since the other end may have lost a request too, and does not know", () => {
  const { client, server } = ends(1);
  server.begins(request(1));
  for (const id of ["a", "b"]) server.sent(request(id));
  client.begins(request("b"));
  const question = client.ask(true);
  assert.ok(question !== undefined);
  const back = server.askBack(question);
  const answer = back && client.answer(back);
  assert.ok(back !== undefined && answer !== undefined);
  assert.deepEqual(server.received(answer)?.map(({ id }) => id), ['"a"']);
  assert.equal(client.askBack(back), undefined, "or both would ask without end");
});

Deno.test("who waits for nothing asks only if the other end is to ask", () => {
  const { client, server } = ends();
  assert.equal(client.ask(true), undefined);
  const question = client.ask(true, true);
  assert.ok(question !== undefined);
  assert.equal(server.askBack(question), undefined);
});
