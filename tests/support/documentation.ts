/**
 * What the documents say, so that tests can hold the program to it.
 *
 * @module
 */
import { ROOT } from "./source_files.ts";

/** A Markdown file of the project. */
export interface Document {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
}

/** A table in a document. Its cells are Markdown. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Every document: the front page, and those beside what they are about. */
export const DOCUMENTS: readonly Document[] = await readDocuments("", [".github", "src", "tests", "scripts"]);

/** The text of a document without its code blocks, whose lines may look like anything. */
export function proseOf({ text }: Document): string {
  return text.replaceAll(/^( *)```[^]*?^\1```$/gm, "");
}

/** Everything in a document that is code: blocks, and what stands between backticks. */
export function codeOf({ text }: Document): string[] {
  return Array.from(
    text.matchAll(/^( *)```\w*\n([^]*?)^\1```$|`([^`\n]+)`/gm),
    ([, , block, word = ""]) => block ?? word,
  );
}

/** The code blocks of one language in a document. */
export function codeBlocksOf({ text }: Document, language: string): string[] {
  return Array.from(
    text.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([^]*?)^\\1\`\`\`$`, "gm")),
    ([, , block = ""]) => block,
  );
}

/** The headings of a document. */
export function headingsOf(document: Document): { readonly level: number; readonly title: string }[] {
  return Array.from(
    proseOf(document).matchAll(/^(#+) (.+)$/gm),
    ([, marks = "", title = ""]) => ({ level: marks.length, title }),
  );
}

/**
 * The text below the one heading, of all documents, with this title; up to the next one that is not below it, and without
 * code blocks.
 */
export function section(title: RegExp): string {
  const found = DOCUMENTS.flatMap((document) =>
    headingsOf(document).filter((heading) => title.test(heading.title)).map((heading) => ({ document, ...heading }))
  );
  const [one, another] = found;
  if (one === undefined || another !== undefined) throw new Error(`${found.length} headings are ${title}, not one`);
  const [, text = ""] = `\n${proseOf(one.document)}`.split(`\n${"#".repeat(one.level)} ${one.title}\n`);
  return text.split(new RegExp(`\n#{1,${one.level}} `))[0] ?? "";
}

/** The one table, of all documents, whose first columns have these names. */
export function table(...columns: readonly string[]): Table {
  const found = DOCUMENTS.flatMap(tablesOf).filter(({ header }) => columns.every((name, at) => header[at] === name));
  const [one, another] = found;
  if (one === undefined || another !== undefined) throw new Error(`${found.length} tables are of ${columns}, not one`);
  return one;
}

/** What stands in the first backticks of a cell. */
export function codeIn(cell: string | undefined): string {
  return /`([^`]+)`/.exec(cell ?? "")?.[1] ?? "";
}

/** The code block of the documents whose first line is `firstLine`. */
export function codeBlock(firstLine: string): string {
  const found = DOCUMENTS.flatMap(codeOf).filter((code) => code.startsWith(`${firstLine}\n`));
  const [one, another] = found;
  if (one === undefined || another !== undefined) {
    throw new Error(`${found.length} code blocks begin with "${firstLine}", not one`);
  }
  return one.slice(firstLine.length + 1);
}

function tablesOf(document: Document): Table[] {
  return Array.from(proseOf(document).matchAll(/^\|.*\|\n\| *:?-.*\|\n(?:\|.*\|\n)*/gm), ([lines]) => {
    const [header = [], , ...rows] = lines.trimEnd().split("\n").map(cellsOf);
    return { header, rows };
  });
}

function cellsOf(line: string): string[] {
  return line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim());
}

async function readDocuments(directory: string, below: readonly string[]): Promise<Document[]> {
  const documents: Document[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}${directory}`)) {
    const path = `${directory}${name}`;
    if (isDirectory && (directory !== "" || below.includes(name))) {
      documents.push(...await readDocuments(`${path}/`, []));
    } else if (name.endsWith(".md")) documents.push({ path, text: await Deno.readTextFile(`${ROOT}${path}`) });
  }
  return documents.toSorted((a, b) => a.path < b.path ? -1 : 1);
}
