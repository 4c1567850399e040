import assert from "node:assert/strict";
import {
  toolPatternProblem,
  ToolPolicy,
  type ToolPolicyOptions,
} from "../../../../src/app/gateway/host/tool_policy.ts";

const NOTHING: ToolPolicyOptions = { allowTool: [], denyTool: [], readOnly: false, confirm: false };

const ALLOWED: readonly [patterns: readonly string[], server: string, tool: string, allowed: boolean][] = [
  [[], "home/files", "read", true],
  [["home/files/read"], "home/files", "read", true],
  [["home/files/read"], "home/files", "read_more", false],
  [["home/files/read"], "home/file", "read", false],
  [["home/files/*"], "home/files", "read", true],
  [["home/files/*"], "home/files/old", "read", false],
  [["home/files/*"], "home", "files/read", false],
  [["home/*/read_*"], "home/a/b", "read_all", true],
  [["*/read_*"], "home/files", "read_all", true],
  [["*/read_*"], "home/files", "do_read_all", false],
  [["*/*"], "home/files", "wiki/read", true],
  [["s/wiki*read"], "s", "wiki/read", true],
  [["s/wiki/read"], "s", "wiki/read", false],
  [["*a*b*c/*"], "xxaxxbxxc", "t", true],
  [["*a*b*c/*"], "xxcxxbxxa", "t", false],
  [["ab*ba/*"], "aba", "t", false],
  [["a/.*"], "a", "read", false],
];

for (const [allowTool, server, tool, allowed] of ALLOWED) {
  Deno.test(`--allow-tool ${allowTool.join(" ")} ${allowed ? "allows" : "does not allow"} "${tool}" of ${server}`, () => {
    const refusal = new ToolPolicy({ ...NOTHING, allowTool }).refusal(server, { name: tool });
    if (allowed) assert.equal(refusal, undefined);
    else assert.match(refusal ?? "", /is not allowed \(--allow-tool\)/);
  });
}

const DENIED: readonly [patterns: readonly string[], server: string, tool: string, denied: boolean][] = [
  [["home/files/write"], "home/files", "write", true],
  [["home/files/write"], "home/files", "read", false],
  [["s/wiki/write"], "s", "wiki/write", true],
  [["s/wiki/write"], "s/wiki", "write", true],
  [["*/delete*"], "any/server", "delete_all", true],
];

for (const [denyTool, server, tool, denied] of DENIED) {
  Deno.test(`--deny-tool ${denyTool.join(" ")} ${denied ? "denies" : "does not deny"} "${tool}" of ${server}`, () => {
    const refusal = new ToolPolicy({ ...NOTHING, allowTool: ["*/*"], denyTool }).refusal(server, { name: tool });
    assert.equal(refusal === undefined, !denied);
  });
}

Deno.test("what is denied stays denied, whatever allows it", () => {
  const policy = new ToolPolicy({ ...NOTHING, allowTool: ["files/write"], denyTool: ["files/*"] });
  assert.match(policy.refusal("files", { name: "write" }) ?? "", /denied \(--deny-tool\)/);
});

Deno.test("--read-only takes only tools that say that they read", () => {
  const policy = new ToolPolicy({ ...NOTHING, readOnly: true });
  assert.equal(policy.refusal("files", { name: "read", annotations: { readOnlyHint: true } }), undefined);
  for (const annotations of [undefined, {}, { readOnlyHint: false }, { destructiveHint: false }]) {
    assert.match(policy.refusal("files", { name: "read", annotations }) ?? "", /--read-only/);
  }
});

Deno.test("--confirm asks for every tool that may destroy something, as all may that say nothing", () => {
  const policy = new ToolPolicy({ ...NOTHING, confirm: true });
  for (const annotations of [undefined, {}, { destructiveHint: true }, { readOnlyHint: false }]) {
    assert.equal(policy.needsConsent({ name: "write", annotations }), true);
  }
  for (const annotations of [{ readOnlyHint: true }, { destructiveHint: false }]) {
    assert.equal(policy.needsConsent({ name: "write", annotations }), false);
  }
  assert.equal(new ToolPolicy(NOTHING).needsConsent({ name: "write" }), false);
});

Deno.test("a hint that is no boolean is no hint", () => {
  const annotations = JSON.parse('{"readOnlyHint":"true","destructiveHint":0}');
  const policy = new ToolPolicy({ ...NOTHING, readOnly: true, confirm: true });
  assert.notEqual(policy.refusal("files", { name: "read", annotations }), undefined);
  assert.equal(policy.needsConsent({ name: "read", annotations }), true);
});

for (const pattern of ["files/read", "*/read_*", "home/files/*", "a/b/c"]) {
  Deno.test(`${pattern} is a pattern of tools`, () => assert.equal(toolPatternProblem(pattern), undefined));
}

for (const pattern of ["", "files", "/read", "files/", "*"]) {
  Deno.test(`"${pattern}" is no pattern of tools`, () =>
    assert.match(toolPatternProblem(pattern) ?? "", /SERVER\/TOOL/));
}
