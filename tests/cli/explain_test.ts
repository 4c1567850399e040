import assert from "node:assert/strict";
import { explanation, HandshakeError } from "../../src/cli/explain.ts";
import { Failure } from "../../src/core/failure.ts";
import { Process } from "../support/proxy.ts";

const SECRET = "hunter2\n    at hunter2";

Deno.test("an error of ours is told with its text, without control characters", () => {
  assert.equal(explanation(new Failure("timed-out", "no \u001b[31manswer")), "error: no \\u001b[31manswer\n");
  assert.equal(explanation(new HandshakeError("no line came")), "error: no line came\n");
});

Deno.test("of any other error the kind and the place are told, and not a word of its text", () => {
  for (const error of [new SyntaxError(SECRET), new Error(SECRET, { cause: SECRET }), SECRET, { SECRET }, undefined]) {
    const text = explanation(error);
    assert.match(text, /^error: unexpected (?:SyntaxError|Error|string|object|undefined); please report it with these/);
    assert.ok(!text.includes("hunter2"), text);
    assert.equal(text.includes("explain_test.ts"), error instanceof Error);
  }
});

for (
  const [what, code] of [
    ["a promise that is rejected and not caught", "void Promise.reject(new Error(secret));"],
    ["an exception that is thrown in a timer", "setTimeout(() => { throw new Error(secret); }, 0);"],
  ]
) {
  Deno.test(`${what} ends the process with exit code 1, and not a word of its text`, async () => {
    const module = new URL("../../src/cli/explain.ts", import.meta.url).href;
    const program = `import { endOnUnhandledErrors } from ${JSON.stringify(module)};
      endOnUnhandledErrors((text) => console.error(text), Deno.exit);
      const secret = "hunter2";
      ${code}`;
    await using process = new Process([Deno.execPath(), "eval", program]);
    assert.equal((await process.status).code, 1);
    await process.errors.ended;
    const said = process.errors.seen.join("\n");
    assert.match(said, /^error: unexpected Error; please report/);
    assert.ok(!said.includes("hunter2"), said);
  });
}
