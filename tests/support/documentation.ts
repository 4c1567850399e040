/**
 * What the documentation promises, so that tests can hold the program to it.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);

/** All Markdown files at the root of the project, one behind the other. */
export async function documentation(): Promise<string> {
  const names = await Array.fromAsync(Deno.readDir(ROOT), ({ name }) => name);
  const files = names.filter((name) => name.endsWith(".md")).toSorted();
  const texts = await Promise.all(files.map((name) => Deno.readTextFile(new URL(name, ROOT))));
  return texts.join("\n");
}

/** The code block of the documentation whose first line is `firstLine`. */
export async function codeBlock(firstLine: string): Promise<string> {
  const [, block] = (await documentation()).split(`\n${firstLine}\n`);
  const end = block?.indexOf("\n```");
  if (block === undefined || end === undefined || end < 0) {
    throw new Error(`The documentation has no code block that begins with "${firstLine}"`);
  }
  return `${block.slice(0, end)}\n`;
}
