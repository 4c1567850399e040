import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

Deno.test("what is published is the program and the library, and nothing else", async () => {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stderr);
  const files = Array.from(
    output.matchAll(/^ +file:\/\/(\S+) \(/gm),
    ([, path = ""]) => path.slice(ROOT.pathname.length),
  );
  assert.ok(files.includes("mod.ts") && files.includes("deno.json"), output);
  const belongs =
    /^(?:LICENSE|README\.md|deno\.json|main\.ts|mod\.ts|src\/(?:[\w/]+\.ts|cli\/licenses\/notices\.json|\w+\/README\.md))$/;
  assert.deepEqual(files.filter((file) => !belongs.test(file)), []);
});
