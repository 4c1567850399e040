/**
 * The npm packages that a bundle has code of.
 *
 * @module
 */

/** A package in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
}

/** The packages in one file of a bundle: the bundler says above each module where it is from. */
export function packagesIn(text: string): BundledPackage[] {
  const places = text.matchAll(/^ *\/\/ .*\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/(\d[^/]*)\//gm);
  const found = Array.from(places, ([, name = "", version = ""]) => [`${name}@${version}`, { name, version }] as const);
  // A copy of a package, made for other peers, has a number behind its version.
  return [...new Map(found).values()].map(({ name, version }) => ({ name, version: version.replace(/_\d+$/, "") }));
}

/** The packages in all files of a bundle, in alphabetical order. */
export async function bundledPackages(directory: string): Promise<BundledPackage[]> {
  const texts = await Array.fromAsync(Deno.readDir(directory), ({ name }) => Deno.readTextFile(`${directory}/${name}`));
  return packagesIn(texts.join("\n")).toSorted((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
