import assert from "node:assert/strict";
import { ChangeLines } from "../../../src/cli/list/change_lines.ts";
import { ManualClock } from "../../support/manual_clock.ts";

function printed() {
  const clock = new ManualClock();
  const output = { text: "", unread: false };
  const failures: unknown[] = [];
  const lines = new ChangeLines(
    (text) => {
      if (output.unread) throw new Error("Broken pipe");
      output.text += text;
    },
    "20",
    (error) => failures.push(error),
    clock,
  );
  return { clock, output, failures, lines };
}

Deno.test("lines are what they are, however much of them was written ahead", async () => {
  const { clock, output, lines } = printed();
  lines.print("2026 a\n");
  await clock.advance(500);
  lines.print("2026 b\n");
  await clock.advance(60_000);
  lines.print("2026 c\n");
  lines.print("2026 d\n");
  assert.equal(output.text, "2026 a\n2026 b\n2026 c\n2026 d\n");
  lines[Symbol.dispose]();
  assert.equal(clock.timers, 0);
});

Deno.test("a reader that has gone is noticed before there is another line, and once", async () => {
  const { clock, output, failures, lines } = printed();
  lines.print("2026 a\n");
  output.unread = true;
  await clock.advance(499);
  assert.equal(failures.length, 0);
  await clock.advance(1);
  assert.equal(failures.length, 1);
  await clock.advance(60_000);
  assert.equal(failures.length, 1);
  assert.equal(clock.timers, 0);
});

Deno.test("a reader that goes later is noticed with the next character, and one that was never there too", async () => {
  const { clock, output, failures } = printed();
  await clock.advance(500);
  assert.equal(output.text, "2");
  output.unread = true;
  await clock.advance(1_000);
  assert.equal(failures.length, 1);
});

Deno.test("a line that begins otherwise than expected is a line of its own", async () => {
  const { clock, output, lines } = printed();
  await clock.advance(60_000);
  lines.print("3000 a\n");
  assert.equal(output.text, "20\n3000 a\n");
  lines[Symbol.dispose]();
});
