/**
 * What the documentation promises, so that tests can hold the program to it.
 *
 * @module
 */

const README = new URL("../../README.md", import.meta.url);

/** The front page. */
export function documentation(): Promise<string> {
  return Deno.readTextFile(README);
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
