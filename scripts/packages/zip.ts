/**
 * Zip archives that keep what may be executed.
 *
 * @module
 */
import { type Zippable, zipSync } from "fflate";
import { filesBelow } from "./staging.ts";

/** "Unix", in the field that says whose attributes those of a file are. */
const UNIX = 3;

/** Packs every file of a directory and of those below it. */
export async function zip(directory: string, archive: string): Promise<void> {
  const files: Zippable = {};
  for (const path of await filesBelow(directory)) {
    const { mode } = await Deno.stat(`${directory}/${path}`);
    const attrs = (mode ?? 0o100644) << 16 >>> 0;
    files[path] = [await Deno.readFile(`${directory}/${path}`), { os: UNIX, attrs }];
  }
  await Deno.writeFile(archive, zipSync(files));
}
