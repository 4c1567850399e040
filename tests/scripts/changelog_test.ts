import assert from "node:assert/strict";
import metadata from "../../deno.json" with { type: "json" };
import { releaseNotes, versionOf } from "../../scripts/support/changelog.ts";

const CHANGELOG =
  "# Changelog\n\n## 1.1.0 - Unreleased\n\n- new\n\n## 1.0.0 - 2026-01-31\n\n- first\n- second\n\n## 0.9.0 - 2026-01-01\n";

Deno.test("the notes of a release are its section of the changelog", () => {
  assert.equal(releaseNotes(CHANGELOG, "1.0.0"), "- first\n- second");
});

Deno.test("a release without a section, without a date or without notes is refused", () => {
  assert.throws(() => releaseNotes(CHANGELOG, "1.0.1"), /has no section "## 1\.0\.1"/);
  assert.throws(() => releaseNotes(CHANGELOG, "1.1.0"), /has no date/);
  assert.throws(() => releaseNotes(CHANGELOG, "0.9.0"), /is empty/);
});

Deno.test("a tag that is not the version is refused", () => {
  assert.equal(versionOf("v1.0.0", "1.0.0"), "1.0.0");
  assert.throws(() => versionOf("v1.0.1", "1.0.0"), /The tag is v1\.0\.1, but the version in deno\.json is 1\.0\.0/);
  assert.throws(() => versionOf("1.0.0", "1.0.0"));
});

Deno.test("the changelog has a section for the version in deno.json", async () => {
  const changelog = await Deno.readTextFile(new URL("../../.github/CHANGELOG.md", import.meta.url));
  assert.ok(changelog.includes(`\n## ${metadata.version} - `));
});
