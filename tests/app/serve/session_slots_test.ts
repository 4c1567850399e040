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
