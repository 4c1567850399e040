import assert from "node:assert/strict";
import { toolTokens } from "../../../../src/app/gateway/faces/tool_tokens.ts";

Deno.test("a tool takes a token for every four bytes of what a model sees of it", () => {
  const tool = { name: "read", description: "Größe", inputSchema: { type: "object" } };
  const shown = '{"name":"read","description":"Größe","inputSchema":{"type":"object"}}';
  assert.equal(toolTokens(tool), Math.ceil(new TextEncoder().encode(shown).length / 4));
});

Deno.test("what a model does not see costs nothing", () => {
  const tool = {
    name: "read",
    annotations: { title: "x".repeat(1_000) },
    outputSchema: { description: "x".repeat(1_000) },
  };
  assert.equal(toolTokens(tool), toolTokens({ name: "read" }));
});
