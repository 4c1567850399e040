/**
 * Writes what package managers and the registry of MCP servers want to know of a release, beside its archives:
 * `deno run -A scripts/manifests.ts DIRECTORY`.
 *
 * @module
 */
import { Checksums } from "./packages/checksums.ts";
import { homebrewFormula } from "./packages/homebrew.ts";
import { registryEntry } from "./packages/registry.ts";
import { scoopManifest } from "./packages/scoop.ts";
import { PROGRAM } from "./support/executable.ts";

const [directory] = Deno.args;
if (directory === undefined) throw new Error("Say in which directory the archives are");

const checksums = await Checksums.read(directory);
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
await Deno.writeTextFile(`${directory}/${PROGRAM}.rb`, homebrewFormula(checksums));
await Deno.writeTextFile(`${directory}/${PROGRAM}.scoop.json`, json(scoopManifest(checksums)));
await Deno.writeTextFile(`${directory}/server.json`, json(registryEntry()));
