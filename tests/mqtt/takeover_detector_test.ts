import assert from "node:assert/strict";
import type { Failure } from "../../src/core/failure.ts";
import { type LinkState, type MqttLink, TakeoverDetector } from "../../src/mqtt/mod.ts";
import { limits } from "../support/fake_connection.ts";
import { ManualClock } from "../support/manual_clock.ts";

const ONLINE: LinkState = { status: "online", limits: limits() };
const LOST: LinkState = { status: "connecting", failure: undefined };

/** Links that do what the test says, and what has become of them. */
function links(...clientIds: readonly string[]) {
  const clock = new ManualClock();
  const takeovers = new TakeoverDetector(clock);
  const refused: [clientId: string, failure: Failure][] = [];
  const made = clientIds.map((clientId) => {
    let listener: (state: LinkState) => void = () => {};
    const set = (state: LinkState) => listener(state);
    takeovers.add({
      clientId,
      watch: (watcher: Parameters<MqttLink["watch"]>[0]) => listener = watcher,
      refuse(failure) {
        refused.push([clientId, failure]);
        set({ status: "refused", failure });
      },
    });
    return { up: () => set(ONLINE), lose: () => set(LOST), close: () => set({ status: "closed" }) };
  });
  /** The broker lets one in, and ends another over that. */
  const take = (by: number, from: number) => {
    made[from]?.lose();
    clock.elapse(5);
    made[by]?.up();
    clock.elapse(300);
  };
  return { clock, made, refused, take };
}

Deno.test("two links that end each other, again and again, are told that they are one client; the first one stays", () => {
  const { made, refused, take } = links("a", "b");
  made[0]?.up();
  take(1, 0);
  take(0, 1);
  assert.equal(refused.length, 0);
  take(1, 0);
  assert.deepEqual(refused.map(([clientId]) => clientId), ["b"]);
  assert.equal(refused[0]?.[1].reason, "login-refused");
  assert.match(refused[0]?.[1].message ?? "", /takes the connections "a" and "b" for the same client.*--profile/);
  made[0]?.up();
  assert.equal(refused.length, 1);
});

Deno.test("of many such links, one stays in the end", () => {
  const { made, refused, take } = links("a", "b", "c", "d");
  made[3]?.up();
  let holder = 3;
  for (let round = 0; round < 30; round++) {
    const left = [0, 1, 2, 3].filter((index) => !refused.some(([clientId]) => clientId === "abcd"[index]));
    const next = left[(left.indexOf(holder) + 1) % left.length] ?? 0;
    if (next !== holder) take(next, holder);
    holder = next;
  }
  assert.deepEqual(refused.map(([clientId]) => clientId).toSorted(), ["b", "c", "d"]);
});

Deno.test("links that are lost together, however often, were not lost to each other", () => {
  const { clock, made, refused } = links("a", "b");
  for (let round = 0; round < 20; round++) {
    const [first, second] = round % 3 === 0 ? made : made.toReversed();
    first?.up();
    clock.elapse(20);
    second?.up();
    clock.elapse(100);
    first?.lose();
    clock.elapse(5);
    second?.lose();
    clock.elapse(150);
  }
  assert.deepEqual(refused, []);
});

Deno.test("a link that comes while another is up takes nothing from a third", () => {
  const { made, refused, take } = links("a", "b", "c");
  made[2]?.up();
  made[0]?.up();
  for (let round = 0; round < 10; round++) {
    take(1, 0);
    take(0, 1);
  }
  assert.deepEqual(refused, []);
});

Deno.test("a link that comes long after another was lost is not the cause of that", () => {
  const { clock, made, refused } = links("a", "b");
  for (let round = 0; round < 10; round++) {
    made[round % 2]?.up();
    clock.elapse(5_000);
    made[round % 2]?.lose();
    clock.elapse(500);
  }
  assert.deepEqual(refused, []);
});

Deno.test("a link that was closed counts no more", () => {
  const { clock, made, refused, take } = links("a", "b", "c");
  made[0]?.up();
  take(1, 0);
  take(0, 1);
  made[0]?.close();
  clock.elapse(5);
  made[1]?.up();
  take(2, 1);
  take(1, 2);
  take(2, 1);
  assert.deepEqual(refused.map(([clientId]) => clientId), ["c"]);
});
