import assert from "node:assert/strict";
import { decodePresence, encodePresence } from "../../../../src/wire/request_response/presence.ts";
import { Peers } from "../../../../src/wire/request_response/server/peers.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

function presence({ shared = false, joining = false } = {}) {
  return decodePresence(encodePresence({
    serverName: "demo",
    description: undefined,
    shared,
    numbered: false,
    format: 2,
    direct: true,
    joining,
    meta: {},
  }));
}

function peers(instance = "m") {
  const clock = new ManualClock();
  const happened: string[] = [];
  const peers = new Peers({
    instance,
    clock,
    announce: () => happened.push("announce"),
    settled: () => happened.push("settled"),
  });
  return { clock, happened, peers };
}

Deno.test("an instance that is alone answers at once, where the broker shows what is retained", () => {
  const { peers: alone, happened } = peers();
  assert.equal(alone.answers, false);
  alone.heard("m", presence({ joining: true }), false);
  alone.heard("m", presence({ joining: true }), true);
  alone.joined();
  assert.deepEqual([alone.answers, happened], [true, ["settled"]]);
  alone.left();
  assert.equal(alone.answers, false);
});

Deno.test("where the broker does not show what is retained, the others have time to say that they are there", async () => {
  const { peers: late, clock, happened } = peers();
  late.heard("m", presence({ joining: true }), false);
  late.joined();
  await clock.advance(499);
  assert.deepEqual([late.answers, happened], [false, []]);
  await clock.advance(1);
  assert.deepEqual([late.answers, happened], [true, ["settled"]]);
  late.left();
  assert.equal(clock.timers, 0);
});

Deno.test("of several instances, the one with the smallest id answers; another when it is gone", async () => {
  for (const [other, answers] of [["a", false], ["z", true]] as const) {
    const { peers: one, clock } = peers("m");
    one.heard("m", presence(), true);
    one.heard(other, presence(), false);
    one.joined();
    assert.equal(one.answers, false, "the other one may not know of this one yet");
    await clock.advance(500);
    assert.equal(one.answers, answers);
    one.heard(other, undefined, false);
    assert.equal(one.answers, true);
    one.left();
  }
});

Deno.test("where one of the instances shares its subscription, the others leave it to the broker", async () => {
  const { peers: one, clock } = peers("a");
  one.heard("z", presence({ shared: true }), true);
  one.joined();
  await clock.advance(60_000);
  assert.equal(one.answers, false);
  one.heard("z", undefined, false);
  assert.equal(one.answers, true);
  one.left();
});

Deno.test("whoever comes is told that this instance is there, once for all who come together", async () => {
  const { peers: one, clock, happened } = peers();
  one.heard("m", presence(), true);
  one.joined();
  for (const id of ["a", "b"]) one.heard(id, presence({ joining: true }), false);
  one.heard("c", presence(), false); // somebody who has been there for longer
  one.heard("d", presence({ joining: true }), true);
  await clock.advance(1_000);
  assert.deepEqual(happened, ["settled", "announce"]);
  one.left();
});

Deno.test("a presence that nobody confirms is of an instance that is gone, and does not silence the others", async () => {
  const { peers: one, clock } = peers("m");
  one.heard("a", presence(), true);
  one.heard("b", presence(), true);
  one.joined();
  await clock.advance(500);
  one.heard("b", presence(), false);
  await clock.advance(10_000);
  assert.equal(one.answers, false, "b is there");
  one.heard("b", undefined, false);
  assert.equal(one.answers, true, "a is not");
  one.left();
});
