import assert from "node:assert/strict";
import { DisconnectTimer } from "../../../../src/wire/request_response/session/disconnect_timer.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

function absence(limit = 1_000) {
  const clock = new ManualClock();
  let over = 0;
  return { clock, peer: new DisconnectTimer(clock, limit, () => over++), over: () => over };
}

Deno.test("a peer that is away for too long is gone, and that is told once", () => {
  const { clock, peer, over } = absence();
  assert.equal(peer.begin(), true);
  clock.elapse(999);
  assert.equal(over(), 0);
  clock.elapse(1);
  assert.equal(over(), 1);
  clock.elapse(10_000);
  assert.equal(over(), 1);
});

Deno.test("further signs that it is gone neither count nor make it later", () => {
  const { clock, peer, over } = absence();
  peer.begin();
  clock.elapse(600);
  assert.equal(peer.begin(), false);
  clock.elapse(400);
  assert.equal(over(), 1);
});

Deno.test("a peer that shows itself is there, and can be away again for as long", () => {
  const { clock, peer, over } = absence();
  assert.equal(peer.end(), false, "it never was away");
  peer.begin();
  clock.elapse(999);
  assert.equal(peer.end(), true);
  assert.equal(peer.end(), false);
  assert.equal(clock.timers, 0);
  clock.elapse(1_000);
  assert.equal(over(), 0);
  assert.equal(peer.begin(), true);
  clock.elapse(999);
  assert.equal(over(), 0);
  clock.elapse(1);
  assert.equal(over(), 1);
});

Deno.test("after it was gone it is not away any more", () => {
  const { clock, peer, over } = absence();
  peer.begin();
  clock.elapse(1_000);
  assert.equal(peer.end(), false);
  assert.equal(peer.begin(), true);
  clock.elapse(1_000);
  assert.equal(over(), 2);
});
