/**
 * The guides for those who work on the code: what they name exists.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path/posix";
import metadata from "../deno.json" with { type: "json" };
import { readSourceFiles, ROOT } from "./support/source_files.ts";

const SOURCES = await Promise.all(["src", "tests", "scripts"].map(readSourceFiles));
const TEXT = SOURCES.flat().map(({ text }) => text).join("\n");
const FILES = SOURCES.flat().map(({ file }) => file);

/** A name that code has: `Class`, `Class.#method`, `CONSTANT`, `someFunction`. */
const NAME = /^[#A-Za-z][\w.]*(?:#\w+)?$/;

/** What stands between backticks in a text, and in no block of code. */
function words(text: string): string[] {
  const prose = text.replaceAll(/^```[^]*?^```/gm, "");
  return Array.from(prose.matchAll(/`([^`\n]+)`/g), ([, word = ""]) => word);
}

/** Whether there is such a file or directory: by its path from the guide or from the root, or by the end of its path. */
async function exists(directory: string, path: string): Promise<boolean> {
  const below = FILES.filter((file) => file.startsWith(`${directory}/`));
  if (below.some((file) => path.endsWith("/") ? file.includes(`/${path}`) : file.endsWith(`/${path}`))) return true;
  return await Promise.any([join(directory, path), path].map((one) => Deno.stat(join(ROOT, one))))
    .then(() => true, () => false);
}

/** The text of a guide. */
function read(guide: string): Promise<string> {
  return Deno.readTextFile(join(ROOT, guide));
}

for (const directory of ["src", "tests"]) {
  const guide = `${directory}/README.md`;

  Deno.test(`every file that ${guide} names exists`, async () => {
    const paths = words(await read(guide)).filter((word) =>
      /^[\w./]+(?:\.(?:ts|json)|\/)$/.test(word) && !word.includes("NAME")
    );
    assert.ok(paths.length > 10, `only ${paths.length} found`);
    for (const path of paths) assert.ok(await exists(directory, path), `there is no ${path}`);
  });

  Deno.test(`every name of the code that ${guide} mentions is in the code`, async () => {
    const names = words(await read(guide)).map((word) => word.replace(/\(.*\)$/, ""))
      .filter((word) => NAME.test(word) && /[A-Z]/.test(word) && !word.endsWith(".ts") && word !== "NAME");
    assert.ok(names.length > 10, `only ${names.length} found`);
    for (const name of names.flatMap((name) => name.split("."))) {
      assert.match(TEXT, new RegExp(`(?<!\\w)${name}\\b`), `nothing is called ${name}`);
    }
  });
}

Deno.test("every class that src/README.md names has the members that it names", async () => {
  const named = words(await read("src/README.md")).flatMap((word) => {
    const [, owner, member] = /^([A-Z]\w+)\.(#?\w+)$/.exec(word) ?? [];
    return owner === undefined || member === undefined ? [] : [{ owner, member }];
  });
  assert.ok(named.length > 20, `only ${named.length} found`);
  for (const { owner, member } of named) {
    const declares = new RegExp(`^(?:export )?(?:abstract )?(?:class|interface) ${owner}\\b`, "m");
    const has = new RegExp(`^\\s+(?:\\w+ )*${member}[?(:;<]`, "m");
    assert.ok(SOURCES.flat().some(({ text }) => declares.test(text) && has.test(text)), `${owner} has no ${member}`);
  }
});

for (const guide of ["src/README.md", "tests/README.md", ".github/CONTRIBUTING.md"]) {
  Deno.test(`every task, every file of a command and every link in ${guide} exists`, async () => {
    const text = await read(guide);
    for (const [, task = ""] of text.matchAll(/deno task (\w+)/g)) assert.ok(task in metadata.tasks, task);
    const files = text.matchAll(/\bdeno (?:run|test) -A (?:--filter \S+ )?([\w./]+)/g);
    for (const [, file = ""] of files) await Deno.stat(join(ROOT, file));
    const links = text.matchAll(/\]\((?!https:)([^)#]+)/g);
    for (const [, link = ""] of links) await Deno.stat(join(ROOT, dirname(guide), link));
  });
}
