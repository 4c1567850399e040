import assert from "node:assert/strict";
import { nearest } from "../../src/cli/nearest.ts";

const NAMES = ["files", "home/files", "home/lamp", "weather", "echo"];

const CASES: readonly [name: string, expected: readonly string[]][] = [
  ["file", ["files", "home/files"]],
  ["fiels", ["files"]],
  ["FILES", ["files", "home/files"]],
  ["attic/lamp", ["home/lamp"]],
  ["wether", ["weather"]],
  ["ehco", ["echo"]],
  ["weather2", ["weather"]],
  ["printer", []],
  ["", []],
  ["x".repeat(100_000), []],
];

for (const [name, expected] of CASES) {
  Deno.test(`near "${name.slice(0, 20)}" are ${expected.join(" and ") || "no names"}`, () => {
    assert.deepEqual(nearest(name, NAMES), expected);
  });
}
