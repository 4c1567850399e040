import assert from "node:assert/strict";
import { filterCovers, filtersOverlap, topicMatches } from "../../src/mqtt/mod.ts";

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

const OVERLAPS: [one: string, other: string, overlap: boolean][] = [
  ["a/+/c", "a/b/+", true],
  ["a/#", "a", true],
  ["a/#", "a/b/c", true],
  ["#", "$SYS/x", false],
  ["+/x", "$SYS/x", false],
  ["$SYS/#", "$SYS/+/x", true],
  ["a/+", "a/b/c", false],
  ["a/+", "a", false],
  ["a/b", "a/c", false],
  ["a/b", "a/b", true],
  ["+/b/#", "a/+", true],
];

Deno.test("two filters overlap when there is a topic that both match", () => {
  for (const [one, other, overlap] of OVERLAPS) {
    assert.equal(filtersOverlap(one, other), overlap, `${one} and ${other}`);
    assert.equal(filtersOverlap(other, one), overlap, `${other} and ${one}`);
  }
});

Deno.test("covering and overlapping agree with matching, on every short filter and topic", () => {
  const levels = ["a", "$b", ""];
  const topics = levels.flatMap((x) => [x, ...levels.flatMap((y) => [`${x}/${y}`, `${x}/${y}/a`])])
    .filter((topic) => topic !== "");
  const parts = [...levels, "+"];
  const filters = ["#", ...parts.flatMap((x) => [x, `${x}/#`, ...parts.flatMap((y) => [`${x}/${y}`, `${x}/${y}/#`])])]
    .filter((filter) => filter !== "");
  for (const one of filters) {
    for (const other of filters) {
      const both = topics.filter((topic) => topicMatches(one, topic) && topicMatches(other, topic));
      if (both.length > 0) assert.ok(filtersOverlap(one, other), `${one} and ${other} share ${both[0]}`);
      const missed = topics.find((topic) => topicMatches(other, topic) && !topicMatches(one, topic));
      if (missed !== undefined) assert.ok(!filterCovers(one, other), `${one} does not cover ${other}: ${missed}`);
      if (filterCovers(one, other)) assert.ok(filtersOverlap(one, other), `${one} covers ${other}`);
    }
  }
});
