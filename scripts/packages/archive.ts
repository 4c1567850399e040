/**
 * The archives that the installers fetch.
 *
 * @module
 */
import { PROGRAM, programName } from "../support/executable.ts";
import { run } from "../support/run.ts";
import { DOCUMENTS, stage } from "./staging.ts";
import type { Target } from "./targets.ts";
import { zip } from "./zip.ts";

/** The file name of the archive for `target`. Windows unpacks nothing but zip by itself. */
export function archiveName(target: Target): string {
  return `${PROGRAM}-${target}${target.includes("windows") ? ".zip" : ".tar.gz"}`;
}

/** Packs the executable for `target` with its documents. */
export async function packArchive(target: Target, executable: string, output: string): Promise<void> {
  const files = { [programName(target)]: { copy: executable, executable: true }, ...DOCUMENTS };
  await using staged = await stage(files);
  const archive = `${output}/${archiveName(target)}`;
  if (archive.endsWith(".zip")) await zip(staged.path, archive);
  else await run(["tar", "-czf", archive, "-C", staged.path, ...Object.keys(files)]);
}
