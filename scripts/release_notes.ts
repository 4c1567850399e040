/**
 * Prints the notes of a release, or refuses it: `deno run --allow-read=. scripts/release_notes.ts TAG`.
 *
 * @module
 */
import metadata from "../deno.json" with { type: "json" };
import { releaseNotes, versionOf } from "./support/changelog.ts";
import { print } from "./support/print.ts";

const changelog = await Deno.readTextFile(new URL("../.github/CHANGELOG.md", import.meta.url));
const notes = releaseNotes(changelog, versionOf(Deno.args[0] ?? "", metadata.version));
print(notes);
