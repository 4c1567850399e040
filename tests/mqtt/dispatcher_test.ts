import assert from "node:assert/strict";
import { Dispatcher } from "../../src/mqtt/dispatcher.ts";
import type { PacketHandler, ReceivedPacket } from "../../src/mqtt/link.ts";

function packet(topic: string): ReceivedPacket {
  return { topic, payload: new Uint8Array(), qos: 0, retain: false, properties: {} };
}

function dispatcher(filters: Readonly<Record<string, PacketHandler>>): Dispatcher {
  const dispatcher = new Dispatcher();
  for (const [filter, handler] of Object.entries(filters)) dispatcher.add({ filter, qos: 1, handler });
  return dispatcher;
}

Deno.test("a message goes to every subscription that it matches, and to no other", () => {
  const got: string[] = [];
  const handlers = Object.fromEntries(
    ["a/#", "a/+", "a/b", "b", "#"].map((filter) => [filter, () => void got.push(filter)]),
  );
  const all = dispatcher(handlers);
  void all.dispatch(packet("a/b"));
  assert.deepEqual(got.splice(0).toSorted(), ["#", "a/#", "a/+", "a/b"]);
  void all.dispatch(packet("b"));
  assert.deepEqual(got.splice(0).toSorted(), ["#", "b"]);
  void all.dispatch(packet("$SYS/x"));
  assert.deepEqual(got, []);
});

Deno.test("what is subscribed and unsubscribed later counts from then on", () => {
  const got: string[] = [];
  const all = dispatcher({ "a": () => void got.push("a") });
  void all.dispatch(packet("a"));
  all.add({ filter: "+", qos: 1, handler: () => void got.push("+") });
  void all.dispatch(packet("a"));
  assert.equal(all.remove("a")?.filter, "a");
  assert.equal(all.remove("a"), undefined);
  void all.dispatch(packet("a"));
  assert.deepEqual(got, ["a", "a", "+", "+"]);
  assert.deepEqual(all.subscriptions.map(({ filter }) => filter), ["+"]);
});

Deno.test("a filter that is subscribed again has the new handler", () => {
  const got: string[] = [];
  const all = dispatcher({ "a": () => void got.push("old") });
  all.add({ filter: "a", qos: 1, handler: () => void got.push("new") });
  void all.dispatch(packet("a"));
  assert.deepEqual(got, ["new"]);
});

Deno.test("the next message waits for all handlers that ask for it", async () => {
  const ready = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const all = dispatcher({ "a": () => ready[0]?.promise, "+": () => {}, "#": () => ready[1]?.promise });
  let done = false;
  void all.dispatch(packet("a"))?.then(() => done = true);
  ready[0]?.resolve();
  await ready[0]?.promise;
  assert.equal(done, false);
  ready[1]?.resolve();
  await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => resolve(undefined)))));
  assert.equal(done, true);
  assert.equal(dispatcher({ "a": () => {} }).dispatch(packet("a")), undefined);
});

Deno.test("a stranger's many topics take no memory for ever", () => {
  let count = 0;
  const all = dispatcher({ "a/+": () => void count++ });
  for (let number = 0; number < 5_000; number++) void all.dispatch(packet(`a/${number}`));
  assert.equal(count, 5_000);
});
