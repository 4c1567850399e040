import assert from "node:assert/strict";
import { UsageError } from "../../src/core/usage_error.ts";
import { environmentOf, readServerEntries, resolve, SERVE_SETTINGS } from "../../src/config/mod.ts";

async function read(content: unknown) {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(file, typeof content === "string" ? content : JSON.stringify(content));
    const { entries, warnings } = await readServerEntries(file);
    return { entries, warnings: warnings.map((text) => text.replace(file, "FILE")) };
  } finally {
    await Deno.remove(file);
  }
}

async function problemsOf(content: unknown): Promise<string> {
  try {
    await read(content);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.problems.join("\n");
  }
  return "";
}

Deno.test("a file of MCP hosts is read as it is, and what only they understand is left out", async () => {
  const { entries } = await read({
    $schema: "https://example.com/schema",
    mcpServers: {
      files: { command: "npx", args: ["-y", "x"], env: { A: "1" }, cwd: "/srv", type: "stdio", autoApprove: ["x"] },
      "a name with spaces": { command: "other" },
    },
  });
  assert.deepEqual(entries, [
    { name: "files", command: "npx", args: ["-y", "x"], environment: { A: "1" }, directory: "/srv" },
    { name: "a name with spaces", command: "other", args: [], environment: {} },
  ]);
});

Deno.test("entries that are disabled are left out", async () => {
  const { entries } = await read({
    mcpServers: { off: { command: "x", disabled: true }, on: { command: "y", disabled: false } },
  });
  assert.deepEqual(entries.map(({ name }) => name), ["on"]);
});

Deno.test("servers that are reached by a URL are left out, with a warning, and the others are served", async () => {
  const { entries, warnings } = await read({
    mcpServers: {
      web: { type: "http", url: "https://x/mcp" },
      old: { serverUrl: "https://x/sse", disabled: true },
      here: { command: "x" },
    },
  });
  assert.deepEqual(entries.map(({ name }) => name), ["here"]);
  assert.equal(warnings.length, 1);
  assert.match(warnings.join(), /^--config FILE: mcpServers\.web is left out: it is reached by a URL/);
});

Deno.test("a byte order mark before a file means nothing", async () => {
  const { entries } = await read('\uFEFF{"mcpServers":{"a":{"command":"x"}}}');
  assert.deepEqual(entries.map(({ name }) => name), ["a"]);
});

const BAD: readonly [what: string, content: unknown, problem: RegExp][] = [
  ["is not JSON", "{", /cannot be read as a JSON object/],
  ["is empty", "", /cannot be read as a JSON object/],
  ["has no mcpServers", {}, /mcpServers/],
  ["has mcpServers that are a list", { mcpServers: [] }, /mcpServers/],
  ["has no entry", { mcpServers: {} }, /no \(enabled\) entry/],
  ["has no enabled entry", { mcpServers: { a: { command: "x", disabled: true } } }, /no \(enabled\) entry/],
  ["has an entry without a command", { mcpServers: { a: { args: [] } } }, /mcpServers\.a\.command/],
  ["has an entry with an empty command", { mcpServers: { a: { command: "" } } }, /mcpServers\.a\.command/],
  [
    "has only entries that are remote",
    { mcpServers: { a: { url: "https://x" } } },
    /no \(enabled\) entry with a command/,
  ],
  ["has an argument that is no text", { mcpServers: { a: { command: "x", args: [1] } } }, /mcpServers\.a\.args\[0\]/],
  ["has a variable that is no text", { mcpServers: { a: { command: "x", env: { A: 1 } } } }, /mcpServers\.a\.env\.A/],
  ["has a name with a wildcard", { mcpServers: { "a+": { command: "x" } } }, /the name "a\+" must not/],
  ["has a name with a slash", { mcpServers: { "a/b": { command: "x" } } }, /the name "a\/b" must not/],
  ["has an empty name", { mcpServers: { "": { command: "x" } } }, /the name "" must not be empty/],
];

for (const [what, content, problem] of BAD) {
  Deno.test(`a file that ${what} is a problem`, async () => {
    const problems = await problemsOf(content);
    assert.match(problems, /^--config .*\.json/);
    assert.match(problems, problem);
  });
}

Deno.test("all bad names are told at once, and a bad value is not repeated", async () => {
  const names = await problemsOf({ mcpServers: { "a+": { command: "x" }, "b#": { command: "x" } } });
  assert.equal(names.split("\n").length, 2);
  const secret = await problemsOf({ mcpServers: { a: { command: "x", env: { TOKEN: { value: "hunter2" } } } } });
  assert.ok(!secret.includes("hunter2"), secret);
});

Deno.test("a file that is not there is a problem that names it", async () => {
  await assert.rejects(
    readServerEntries("/no/such.json"),
    /--config \/no\/such\.json cannot be read: No such file or directory$/m,
  );
});

Deno.test("--env takes NAME=VALUE, whatever the value, and shows no value when it is wrong", () => {
  const values = (env: string[]) => resolve(SERVE_SETTINGS, { flags: { env }, environment: () => undefined });
  assert.deepEqual(environmentOf(values(["A=1", "B=", "C=a=b c", "A=2"])), { A: "2", B: "", C: "a=b c" });
  assert.throws(() => environmentOf(values(["TOKEN", "sk-123", "=x"])), (error) => {
    assert.ok(error instanceof UsageError);
    assert.deepEqual(error.problems, [
      '--env must be NAME=VALUE; it is only "TOKEN"',
      "--env must be NAME=VALUE; it is something else",
      "--env must be NAME=VALUE; it is something else",
    ]);
    return true;
  });
});

Deno.test("a name that JavaScript or a topic cannot have is a problem", async () => {
  for (const name of ['"__proto__"', '"a\\nb"', '"a\\u0085b"', '"a/b"', '""']) {
    await assert.rejects(
      read(`{"mcpServers":{${name}:{"command":"x"}}}`),
      /the name .*(?:cannot be used|must not)/,
      name,
    );
  }
});
