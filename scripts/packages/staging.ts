/**
 * A directory with what goes into a package.
 *
 * @module
 */
import { dirname } from "node:path";
import { noticesText } from "../../src/cli/licenses/notices.ts";
import notices from "../../src/cli/licenses/notices.json" with { type: "json" };
import { ROOT } from "../support/executable.ts";

/** A file of a package: a copy of another one, or a text. */
export type StagedFile = ({ readonly copy: string } | { readonly text: string }) & { readonly executable?: boolean };

/** Files by their paths in the package. */
export type StagedFiles = Readonly<Record<string, StagedFile>>;

/** What every package has: how to use the program, its licence, and those of the packages whose code is in it. */
export const DOCUMENTS: StagedFiles = {
  "README.md": { copy: `${ROOT}README.md` },
  LICENSE: { copy: `${ROOT}LICENSE` },
  "THIRD-PARTY-NOTICES.txt": { text: noticesText(notices) },
};

/** A directory that is removed in the end. */
export interface Staged extends AsyncDisposable {
  readonly path: string;
}

/** Puts `files` into a directory for temporary files. */
export async function stage(files: StagedFiles): Promise<Staged> {
  const path = await Deno.makeTempDir({ prefix: "mcp-mqtt-proxy-package-" });
  for (const [name, file] of Object.entries(files)) {
    const place = `${path}/${name}`;
    await Deno.mkdir(dirname(place), { recursive: true });
    if ("copy" in file) await Deno.copyFile(file.copy, place);
    else await Deno.writeTextFile(place, file.text);
    // Windows has no such thing.
    if (Deno.build.os !== "windows") await Deno.chmod(place, file.executable ? 0o755 : 0o644);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** The paths of all files below a directory, in a fixed order. */
export async function filesBelow(directory: string, prefix = ""): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(`${directory}/${prefix}`));
  const nested = entries.toSorted((a, b) => a.name < b.name ? -1 : 1).map(({ name, isDirectory }) =>
    isDirectory ? filesBelow(directory, `${prefix}${name}/`) : [`${prefix}${name}`]
  );
  return (await Promise.all(nested)).flat();
}
