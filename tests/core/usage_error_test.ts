import assert from "node:assert/strict";
import { allOrProblems, UsageError } from "../../src/core/usage_error.ts";

Deno.test("a usage error has all its problems, and a line for each", () => {
  const error = new UsageError(["--a is wrong", "--b is missing"]);
  assert.equal(error.message, "--a is wrong\n--b is missing");
  assert.equal(error.name, "UsageError");
});

Deno.test("allOrProblems() gives all results, or the problems of all parts", async () => {
  assert.deepEqual(await allOrProblems(() => 1, async () => await Promise.resolve("two")), [1, "two"]);
  const wrong = (problem: string) => () => {
    throw new UsageError([problem]);
  };
  await assert.rejects(allOrProblems(wrong("a"), () => 1, wrong("b")), (error) => {
    assert.ok(error instanceof UsageError);
    assert.deepEqual(error.problems, ["a", "b"]);
    return true;
  });
});

Deno.test("allOrProblems() does not hide an error that is none of the user's", async () => {
  await assert.rejects(allOrProblems(() => Promise.reject(new TypeError("bug")), () => 1), TypeError);
});
