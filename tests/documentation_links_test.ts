/**
 * The links of the documents: each leads somewhere, wherever the document is read.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path/posix";
import metadata from "../deno.json" with { type: "json" };
import { type Document, DOCUMENTS, headingsOf, proseOf } from "./support/documentation.ts";
import { ROOT } from "./support/source_files.ts";

const REPOSITORY = "https://github.com/x/mcp-mqtt-proxy/";

/** A link. */
interface Link {
  readonly written: string;
  /** The file or directory that it leads to, from the root of the project; `undefined` when it is somewhere else. */
  readonly target: string | undefined;
  readonly anchor: string;
  readonly relative: boolean;
}

function linksOf(document: Document): Link[] {
  const prose = proseOf(document).replaceAll(/`[^`\n]*`/g, "`code`");
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, written = ""]) => {
    const [file = "", anchor = ""] = written.split("#");
    const relative = !/^\w+:/.test(written);
    const [, ofRepository] = file.match(new RegExp(`^${REPOSITORY}(?:blob|tree)/main/(.+)$`)) ?? [];
    const here = file === "" ? document.path : join(dirname(document.path), file);
    return { written, target: relative ? here : ofRepository, anchor, relative };
  });
}

/** The anchors that GitHub makes of the headings of a document. */
function anchorsOf(document: Document): string[] {
  return headingsOf(document).map(({ title }) =>
    title.toLowerCase().replaceAll(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-")
  );
}

/** Whether JSR shows a file too; what is not published is not there for a relative link to lead to. */
function isPublished(path: string): boolean {
  return metadata.publish.include.some((included) =>
    path === included || (included.endsWith("/") && path.startsWith(included))
  );
}

for (const document of DOCUMENTS) {
  Deno.test(`every link in ${document.path} leads somewhere`, async () => {
    for (const { written, target, anchor, relative } of linksOf(document)) {
      if (target === undefined) continue;
      await Deno.stat(join(ROOT, target)).catch(() => assert.fail(`${written} leads to no file`));
      const readers = relative && isPublished(document.path);
      assert.ok(
        !readers || isPublished(target),
        `${written} is not published: it has to begin with ${REPOSITORY}blob/main/`,
      );
      if (anchor === "") continue;
      const there = DOCUMENTS.find(({ path }) => path === target);
      assert.ok(there !== undefined && anchorsOf(there).includes(anchor), `${written} leads to no heading`);
    }
  });

  Deno.test(`no two headings in ${document.path} have the same anchor`, () => {
    const anchors = anchorsOf(document);
    assert.deepEqual(anchors.filter((anchor, at) => anchors.indexOf(anchor) !== at), []);
  });
}

Deno.test("every document can be reached from the front page", () => {
  const reached = new Set(["README.md"]);
  for (const path of reached) { // which grows meanwhile
    const document = DOCUMENTS.find((document) => document.path === path);
    for (const { target } of document === undefined ? [] : linksOf(document)) {
      if (target?.endsWith(".md")) reached.add(target);
    }
  }
  assert.deepEqual(DOCUMENTS.map(({ path }) => path).filter((path) => !reached.has(path)), []);
});
