/** Targets: both sides of the SMCP handshake. @module */
import assert from "node:assert/strict";
import { ChildHandshake } from "../../../src/smcp/child_handshake.ts";
import { ParentHandshake } from "../../../src/smcp/parent_handshake.ts";
import { mutate } from "../mutate.ts";
import type { Random } from "../random.ts";
import type { Target } from "../target.ts";

/** What the credentials line of the seeds holds, and nothing that is said may repeat. */
const SECRET = "kL9zQ4";

/** What `parts` of a stream were, as it is cut at random. */
function* chunks(random: Random, stream: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < stream.length;) {
    const end = Math.min(stream.length, start + 1 + random.below(random.once(2) ? 4 : 4_096));
    yield stream.slice(start, end);
    start = end;
  }
}

/** The credentials line is read or refused without repeating it, and what comes behind it is not lost. */
export const SMCP_CHILD: Target = {
  name: "smcp_child",
  begin: (seeds) => ({
    next: (random) => {
      const stream = mutate(random, seeds);
      const handshake = new ChildHandshake();
      let said: ReturnType<ChildHandshake["push"]>;
      let taken = 0;
      for (const chunk of chunks(random, stream)) {
        taken += chunk.length;
        said = handshake.push(chunk);
        if (said !== undefined) break;
      }
      const newline = stream.indexOf(0x0a);
      assert.equal(said !== undefined, newline >= 0);
      if (said === undefined) said = handshake.end();
      else assert.deepEqual(handshake.rest(), stream.slice(newline + 1, taken));
      if (said.type === "invalid") assert.ok(!said.message.includes(SECRET));
      if (said.type === "mcp") assert.deepEqual(said.line, newline < 0 ? stream : stream.slice(0, newline));
    },
  }),
};

/** A child's lines lead to a decision, and what comes behind `+OK` is not lost. */
export const SMCP_PARENT: Target = {
  name: "smcp_parent",
  begin: (seeds) => ({
    next: (random) => {
      const stream = mutate(random, seeds);
      const handshake = new ParentHandshake();
      const steps: string[] = [];
      let taken = 0;
      for (const chunk of chunks(random, stream)) {
        taken += chunk.length;
        for (const { type } of handshake.push(chunk)) steps.push(type);
        if (steps.at(-1) === "accepted") break;
      }
      const decisions = steps.filter((type) => type !== "skip");
      assert.ok(decisions.length <= 2);
      if (decisions.at(-1) !== "accepted") return;
      assert.deepEqual(decisions, ["send", "accepted"]);
      const rest = handshake.rest();
      assert.deepEqual(rest, stream.slice(taken - rest.length, taken));
    },
  }),
};
