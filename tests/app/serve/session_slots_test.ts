import assert from "node:assert/strict";
import { SessionSlots } from "../../../src/app/serve/session_slots.ts";
import { DOCUMENTS } from "../../support/documentation.ts";

Deno.test("who gets no slot is told how many there are, in words that fit the number and in those of the documents", () => {
  const one = "The one session that --max-sessions allows is in use; try again later, or raise --max-sessions";
  const many = "All 64 sessions are in use; try again later, or raise --max-sessions";
  assert.equal(new SessionSlots(1).full, one);
  assert.equal(new SessionSlots(64).full, many);
  assert.ok(DOCUMENTS.some(({ text }) => text.includes(`"message": "${many}"`)));
});

Deno.test("when all slots are taken, whoever has been quiet for longest is asked, and then the next one", () => {
  const slots = new SessionSlots(2);
  const asked: string[] = [];
  const occupant = (name: string, since: number) => ({ quietSince: () => since, doubt: () => void asked.push(name) });
  for (const [name, since] of [["old", 1], ["older", 0]] as const) {
    assert.ok(slots.take());
    slots.add(occupant(name, since));
  }
  assert.deepEqual(asked, []);
  for (let count = 0; count < 3; count++) assert.equal(slots.take(), false);
  assert.deepEqual(asked, ["older", "old", "older"]);
  slots.release();
  assert.ok(slots.take());
  const leave = slots.add(occupant("new", -1));
  leave();
  slots.take();
  assert.equal(asked.at(-1), "old", "who has left is not asked");
});
