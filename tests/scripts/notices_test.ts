import assert from "node:assert/strict";
import { bundledPackages } from "../../scripts/support/bundled_packages.ts";
import { bundle } from "../../scripts/support/executable.ts";
import { collectNotices, noticesFile } from "../../scripts/support/notices.ts";
import { run } from "../support/command_line.ts";

/** The packages whose code is in the executable. */
async function packagesOfBundle() {
  const directory = await Deno.makeTempDir({ prefix: "mcp-mqtt-proxy-notices-" });
  try {
    await bundle(directory);
    return await bundledPackages(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("licenses prints the notice of every package in the executable, and of its runtime", async () => {
  const bundled = await packagesOfBundle();
  assert.ok(bundled.length > 10, `only ${bundled.length} packages were found`);
  const file = await Deno.readTextFile(new URL("../../src/cli/licenses/notices.json", import.meta.url));
  assert.equal(file, noticesFile(await collectNotices(bundled)), "Other packages are bundled: run `deno task notices`");

  const { code, output } = await run("licenses");
  assert.equal(code, 0);
  const said = new Set(output.split(/^-+$/m).flatMap((notice) => /^\n(.+) \([^)]+\)\n/.exec(notice)?.[1]?.split(", ")));
  for (const { name, version } of bundled) assert.ok(said.has(`${name} ${version}`), `${name} ${version} is missing`);
  for (const words of ["the Deno authors", "the V8 project authors"]) assert.ok(output.includes(words), words);
});

Deno.test("every notice has a copyright line", async () => {
  for (const { packages, text } of await collectNotices(await packagesOfBundle())) {
    assert.match(text, /copyright/i, packages.join());
  }
});

Deno.test("a package whose notice cannot be found stops the collection", async () => {
  const nowhere = { name: "there-is-no-such-package", version: "0.0.0" };
  await assert.rejects(collectNotices([nowhere]), /there-is-no-such-package 0\.0\.0 is not among the packages/);
});
