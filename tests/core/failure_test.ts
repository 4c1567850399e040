import assert from "node:assert/strict";
import { errorResponse, Failure, PARSE_ERROR_CODE } from "../../src/core/failure.ts";

Deno.test("a failure becomes the JSON-RPC error response to a request", () => {
  const failure = new Failure("child-exited", 'It said "no"', { exitCode: 3, stderr: "last\nwords" });
  const response = failure.toResponse("7");
  assert.equal(response.kind, "response");
  assert.deepEqual(response.parse(), {
    jsonrpc: "2.0",
    id: 7,
    error: {
      code: -32000,
      message: 'It said "no"',
      data: { reason: "child-exited", exitCode: 3, stderr: "last\nwords" },
    },
  });
});

Deno.test("a failure repeats the id of its request as it was spelled", () => {
  for (const id of ["0", '""', "-1", "1.0", "9007199254740993", '"\\u00fc"', '"ü"']) {
    assert.equal(new Failure("timed-out", "Too late").toResponse(id).id, id);
  }
});

Deno.test("an error response without data has no data", () => {
  assert.deepEqual(errorResponse("null", PARSE_ERROR_CODE, "Parse error").parse(), {
    jsonrpc: "2.0",
    id: null,
    error: { code: -32700, message: "Parse error" },
  });
});

Deno.test("a failure keeps its cause for whoever looks for it", () => {
  const cause = new Error("deeper");
  const failure = new Failure("server-gone", "Gone", {}, { cause });
  assert.equal(failure.cause, cause);
  assert.equal(failure.name, "Failure");
  assert.deepEqual(failure.details, {});
});
