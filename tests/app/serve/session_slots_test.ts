import assert from "node:assert/strict";
import { SessionSlots } from "../../../src/app/serve/session_slots.ts";
import { DOCUMENTS } from "../../support/documentation.ts";
import { idleTurns, ManualClock } from "../../support/manual_clock.ts";

const NEVER = new Promise<never>(() => {});

/** What is said when so many slots are taken. */
function whenFull(maximum: number): string | undefined {
  const slots = new SessionSlots(maximum);
  for (let count = 0; count < maximum; count++) {
    assert.equal(slots.unavailableReason, undefined);
    slots.take(NEVER);
  }
  return slots.unavailableReason?.message;
}

Deno.test("who gets no slot is told how many there are, in words that fit the number and in those of the documents", () => {
  const one = "The one session that --max-sessions allows is in use; try again later, or raise --max-sessions";
  const many = "All 64 sessions are in use; try again later, or raise --max-sessions";
  assert.equal(whenFull(1), one);
  assert.equal(whenFull(64), many);
  assert.ok(DOCUMENTS.some(({ text }) => text.includes(`"message": "${many}"`)));
});

Deno.test("when all slots are taken, whoever has been quiet for longest is asked, and then the next one", async () => {
  const clock = new ManualClock();
  const slots = new SessionSlots(2, clock);
  const asked: string[] = [];
  const occupant = (name: string, since: number) => ({ quietSince: () => since, doubt: () => void asked.push(name) });
  const end = Promise.withResolvers<void>();
  for (const [name, since] of [["old", 1], ["older", 0]] as const) {
    slots.take(end.promise);
    slots.add(occupant(name, since));
  }
  assert.deepEqual(asked, []);
  for (let count = 0; count < 3; count++) {
    assert.notEqual(slots.unavailableReason, undefined);
    await clock.advance(100);
  }
  assert.deepEqual(asked, ["older", "old", "older"]);
  end.resolve();
  await idleTurns();
  assert.equal(slots.unavailableReason, undefined);
  slots.take(NEVER);
  slots.take(NEVER);
  const leave = slots.add(occupant("new", -1));
  leave();
  assert.notEqual(slots.unavailableReason, undefined);
  assert.equal(asked.at(-1), "old", "who has left is not asked");
});

Deno.test("any number of clients that want a slot at once make one client be asked", async () => {
  const clock = new ManualClock();
  const slots = new SessionSlots(1, clock);
  let asked = 0;
  slots.take(NEVER);
  slots.add({ quietSince: () => 0, doubt: () => void asked++ });
  for (let count = 0; count < 1_000; count++) assert.notEqual(slots.unavailableReason, undefined);
  assert.equal(asked, 1);
  await clock.advance(100);
  assert.notEqual(slots.unavailableReason, undefined);
  assert.equal(asked, 2);
});
