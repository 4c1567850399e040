/**
 * The changelog, as far as releases are concerned.
 *
 * @module
 */

/**
 * The notes of a version: what stands below its heading `## VERSION - DATE`.
 *
 * @throws {Error} when the changelog has no such section, or it is empty, or has no date yet
 */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  if (section === undefined) throw new Error(`The changelog has no section "## ${version}"`);
  const [heading = "", ...lines] = section.split("\n");
  if (!/ - \d{4}-\d{2}-\d{2}$/.test(heading.trimEnd())) {
    throw new Error(`The changelog's section "## ${heading}" has no date: is the version to be released?`);
  }
  const notes = lines.join("\n").trim();
  if (notes === "") throw new Error(`The changelog's section "## ${heading}" is empty`);
  return notes;
}

/**
 * The version that a tag is for.
 *
 * @throws {Error} when it is not the version of `deno.json`
 */
export function versionOf(tag: string, version: string): string {
  if (tag !== `v${version}`) throw new Error(`The tag is ${tag}, but the version in deno.json is ${version}`);
  return version;
}
