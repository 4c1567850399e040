import assert from "node:assert/strict";
import { filterCovers, topicMatches } from "../../src/mqtt/mod.ts";

const COVERS: [outer: string, inner: string, covers: boolean][] = [
  ["#", "a/b", true],
  ["#", "a/#", true],
  ["#", "+", true],
  ["#", "$SYS/#", false],
  ["+/#", "$SYS/#", false],
  ["$SYS/#", "$SYS/broker", true],
  ["a/#", "a", true],
  ["a/#", "a/+/c", true],
  ["a/#", "a/#", true],
  ["a/+", "a/b", true],
  ["a/+", "a/+", true],
  ["a/+", "a/#", false],
  ["a/+", "a", false],
  ["a/b", "a/+", false],
  ["a/b", "a/b", true],
  ["a/b", "a/b/c", false],
  ["a/b/c", "a/b", false],
  ["+/+", "/a", true],
];

Deno.test("one filter covers another when it matches every topic that the other one matches", () => {
  for (const [outer, inner, covers] of COVERS) {
    assert.equal(filterCovers(outer, inner), covers, `${outer} covers ${inner}`);
  }
});

Deno.test("covering agrees with matching, on every short filter and topic", () => {
  const levels = ["a", "$b", ""];
  const topics = levels.flatMap((x) => [x, ...levels.flatMap((y) => [`${x}/${y}`, `${x}/${y}/a`])])
    .filter((topic) => topic !== "");
  const parts = [...levels, "+"];
  const filters = ["#", ...parts.flatMap((x) => [x, `${x}/#`, ...parts.flatMap((y) => [`${x}/${y}`, `${x}/${y}/#`])])]
    .filter((filter) => filter !== "");
  for (const one of filters) {
    for (const other of filters) {
      const missed = topics.find((topic) => topicMatches(other, topic) && !topicMatches(one, topic));
      if (missed !== undefined) assert.ok(!filterCovers(one, other), `${one} does not cover ${other}: ${missed}`);
    }
  }
});
