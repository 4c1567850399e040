import assert from "node:assert/strict";
import { Failure } from "../../../../src/core/failure.ts";
import { Instances } from "../../../../src/wire/request_response/client/instances.ts";
import { decodePresence, encodePresence, type Presence } from "../../../../src/wire/request_response/presence.ts";

const SILENT = new Failure("server-not-responding", "No answer");

function presence(rest: Partial<Presence> = {}): Presence | undefined {
  return decodePresence(encodePresence({
    serverName: "demo",
    description: undefined,
    shared: true,
    numbered: true,
    format: 2,
    direct: true,
    joining: false,
    meta: {},
    ...rest,
  }));
}

/** The instances of these ids. */
function instances(ids: readonly string[], rest: Partial<Presence> = {}, pick: "random" | "first" = "random") {
  const all = new Instances(pick);
  for (const id of ids) all.note(id, presence(rest));
  return all;
}

/** The instances that are taken, in many tries. */
function taken(all: Instances, addressed = false): (string | undefined)[] {
  const ids = new Set(Array.from({ length: 100 }, () => all.choose(addressed).instance));
  return [...ids].toSorted();
}

Deno.test("where all instances share, the broker chooses", () => {
  assert.deepEqual(taken(instances(["a", "b"])), [undefined]);
});

Deno.test("without properties one instance is named even so: each message could reach another", () => {
  assert.deepEqual(taken(instances(["a", "b"]), true), ["a", "b"]);
});

Deno.test("an instance is named as soon as one is known that does not share", () => {
  assert.deepEqual(taken(instances(["a"], { shared: false })), ["a"]);
  assert.deepEqual(taken(instances(["a", "b", "c"], { shared: false })), ["a", "b", "c"]);
  const mixed = instances(["a", "b"]);
  mixed.note("c", presence({ shared: false }));
  assert.deepEqual(taken(mixed), ["a", "b", "c"]);
});

Deno.test("--pick first takes the instance with the smallest id, in whatever order they are heard of", () => {
  for (const ids of [["a", "b", "c"], ["c", "a", "b"]]) {
    assert.deepEqual(taken(instances(ids, { shared: false }, "first")), ["a"]);
  }
});

Deno.test("an instance that did not answer is taken only when there is no other", () => {
  const all = instances(["a", "b"], { shared: false }, "first");
  all.learn(all.choose(false), SILENT);
  assert.deepEqual(taken(all), ["b"]);
  all.note("b", undefined);
  assert.deepEqual(taken(all), ["a"]);
});

Deno.test("a shared subscription that has swallowed a message is not used again", () => {
  const all = instances(["a", "b"]);
  all.learn(all.choose(false), new Failure("server-gone", "Gone"));
  assert.deepEqual(taken(all), [undefined]);
  all.learn(all.choose(false), SILENT);
  assert.deepEqual(taken(all), ["a", "b"]);
});

Deno.test("where nobody listens, the next instance is taken; and none that has no topic of its own", () => {
  const all = instances(["a", "b"], {}, "first");
  const first = all.another(all.choose(false));
  assert.ok(first !== undefined);
  const second = all.another(first);
  assert.deepEqual([first.instance, second?.instance], ["a", "b"]);
  const old = instances(["a", "b"], { direct: false });
  assert.equal(old.another(old.choose(false)), undefined);
});

Deno.test("an instance that does not number its messages, and listens on its own topic, speaks MQTT 3.1.1", () => {
  const [old, foreign] = [{ numbered: false, direct: true }, { numbered: false, direct: false }];
  assert.equal(instances(["a"], { ...old, shared: false }).choose(false).plain, true);
  assert.equal(instances(["a"], { ...foreign, shared: false }).choose(false).plain, false);
});

Deno.test("a lone instance that has no topic of its own gets what everybody gets", () => {
  assert.deepEqual(taken(instances(["a"], { shared: false, direct: false })), [undefined]);
  assert.deepEqual(taken(instances(["a", "b"], { shared: false, direct: false })), ["a", "b"]);
});
