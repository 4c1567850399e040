import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { isToolsDigest, ToolsDigest, toolsDigest } from "../../src/app/tools_digest.ts";

const READ = { name: "read", description: "Reads", inputSchema: { type: "object", properties: { b: {}, a: {} } } };
const WRITE = { name: "write", inputSchema: { type: "object" }, annotations: { destructiveHint: true } };

Deno.test("the digest is made as the document of the wire format says", async () => {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const read = '{"description":"Reads","inputSchema":{"properties":{"a":{},"b":{}},"type":"object"},"name":"read"}';
  const write = '{"annotations":{"destructiveHint":true},"inputSchema":{"type":"object"},"name":"write"}';
  const expected = `sha256:${hash([hash(read), hash(write)].toSorted().join(""))}`;
  assert.equal(await toolsDigest([READ, WRITE]), expected);
});

Deno.test("the order of tools, of their members, and the pages do not matter", async () => {
  const expected = await toolsDigest([READ, WRITE]);
  assert.equal(await toolsDigest([WRITE, READ]), expected);
  assert.equal(await toolsDigest([Object.fromEntries(Object.entries(READ).toReversed()), WRITE]), expected);
  const paged = new ToolsDigest();
  await paged.add([WRITE]);
  await paged.add([]);
  await paged.add([READ]);
  assert.equal(await paged.digest(), expected);
});

const DIFFERENT: readonly [what: string, tools: readonly unknown[]][] = [
  ["a description", [{ ...READ, description: "Read" }, WRITE]],
  ["a hint", [READ, { ...WRITE, annotations: { destructiveHint: false } }]],
  ["a member that nobody knows", [{ ...READ, _meta: { x: 1 } }, WRITE]],
  ["the order of values", [{ ...READ, tags: [1, 2] }, WRITE]],
  ["a tool more", [READ, WRITE, { name: "x" }]],
  ["the same tool twice", [READ, WRITE, WRITE]],
  ["a tool less", [READ]],
  ["none", []],
];

Deno.test("every other difference is one", async () => {
  const digests = new Set([await toolsDigest([READ, WRITE]), await toolsDigest([{ ...READ, tags: [2, 1] }, WRITE])]);
  for (const [what, tools] of DIFFERENT) {
    const digest = await toolsDigest(tools);
    assert.ok(!digests.has(digest), what);
    digests.add(digest);
  }
});

Deno.test("members whose names are numbers are sorted as text, as RFC 8785 says", async () => {
  const tool = JSON.parse('{"9":1,"10":2,"a":3,"__proto__":4}');
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const expected = `sha256:${hash(hash('{"10":2,"9":1,"__proto__":4,"a":3}'))}`;
  assert.equal(await toolsDigest([tool]), expected);
});

Deno.test("a tool that is nested without end has no digest", async () => {
  const tool = JSON.parse(`${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`);
  await assert.rejects(toolsDigest([tool]), RangeError);
});

Deno.test("what is no digest is not taken for one", async () => {
  assert.equal(isToolsDigest(await toolsDigest([])), true);
  for (const value of [undefined, 1, {}, "", "sha256:", `sha256:${"A".repeat(64)}`, `md5:${"a".repeat(32)}`]) {
    assert.equal(isToolsDigest(value), false);
  }
});
