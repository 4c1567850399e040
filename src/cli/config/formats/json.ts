/**
 * JSON as hosts read it: with comments and trailing commas.
 *
 * @module
 */
import { getNodeValue, type Node, type ParseError, parseTree } from "jsonc-parser";
import {
  type Content,
  type FileFormat,
  indentationAt,
  insert,
  lineEnd,
  type Style,
  styleOf,
  UnsupportedSyntax,
} from "./format.ts";

/** JSON with comments. */
export const JSON_FORMAT: FileFormat = { parse, put, print, putsMembers: true };

function parse(text: string): Content {
  return JSON.parse(JSON.stringify(getNodeValue(rootOf(text)))); // the parser's objects have no prototype
}

function print(content: Content): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

function rootOf(text: string): Node {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined) throw new UnsupportedSyntax(`it is no JSON at ${placeOf(text, error.offset)}`);
  if (root?.type !== "object") throw new UnsupportedSyntax("it is no JSON object");
  return root;
}

/** A place as people count: `line 3 column 5`. */
function placeOf(text: string, offset: number): string {
  const lines = text.slice(0, offset).split("\n");
  return `line ${lines.length} column ${(lines.at(-1) ?? "").length + 1}`;
}

/** Sets a value. In a list, a name in the path is the index of an item. The index after the last item appends. */
function put(text: string, path: readonly string[], value: unknown): string {
  let node = rootOf(text);
  for (const [depth, name] of path.entries()) {
    const found = childOf(node, name);
    if (found === undefined) {
      const inner = path.slice(depth + 1).reduceRight<unknown>((content, name) => ({ [name]: content }), value);
      return insertChild(text, node, node.type === "array" ? undefined : name, inner);
    }
    if (depth < path.length - 1 && found.type !== "object" && found.type !== "array") {
      throw new UnsupportedSyntax(`its "${name}" is not an object`);
    }
    node = found;
  }
  const written = printValue(value, styleOf(text), indentationAt(text, node.offset));
  return insert(text, node.offset, written, node.length);
}

/** The value of a member. Of several with the same name, the last one counts, as in `JSON.parse`. */
function childOf({ type, children = [] }: Node, name: string): Node | undefined {
  if (type === "array") return children[Number(name)];
  return children.findLast(({ children: [key] = [] }) => key?.value === name)?.children?.[1];
}

function insertChild(text: string, parent: Node, name: string | undefined, value: unknown): string {
  const style = styleOf(text);
  const children = parent.children ?? [];
  const [first] = children;
  const last = children.at(-1);
  const outer = indentationAt(text, parent.offset);
  const key = name === undefined ? "" : `${JSON.stringify(name)}: `;
  if (first === undefined || last === undefined) {
    const start = parent.offset + 1;
    const between = text.slice(start, parent.offset + parent.length - 1);
    const indentation = outer + style.indentation;
    const child = `${style.eol}${indentation}${key}${printValue(value, style, indentation)}`;
    // A file with one line keeps one line, unless it is empty.
    if (parent.parent !== undefined && !text.trim().includes("\n")) {
      return insert(text, start, ` ${key}${JSON.stringify(value)} `, between.trim() === "" ? between.length : 0);
    }
    // Anything between the brackets except white space is a comment, and stays.
    if (between.trim() !== "") return insert(text, start, child);
    return insert(text, start, `${child}${style.eol}${outer}`, between.length);
  }
  const { comma, end } = afterLast(text, last.offset + last.length);
  if (!text.slice(parent.offset, first.offset).includes("\n")) {
    const at = comma ?? last.offset + last.length;
    return insert(
      text,
      at,
      comma === undefined ? `, ${key}${JSON.stringify(value)}` : ` ${key}${JSON.stringify(value)},`,
    );
  }
  const indentation = indentationAt(text, first.offset);
  const child = `${style.eol}${indentation}${key}${printValue(value, style, indentation)}`;
  if (comma !== undefined) return insert(text, end, `${child},`);
  return insert(insert(text, end, child), last.offset + last.length, ",");
}

/**
 * The end of the text that belongs to the last child on its line: an optional comma and comments. `comma` is the place
 * after the comma, if there is one.
 */
function afterLast(text: string, offset: number): { readonly comma?: number; readonly end: number } {
  const line = text.slice(offset, lineEnd(text, offset));
  const [trailing = ""] = /^(?:[ \t]*(?:,|\/\*.*?\*\/|\/\/.*))*/.exec(line) ?? [];
  const comma = /^(?:[ \t]*\/\*.*?\*\/)*[ \t]*,/.exec(trailing)?.[0].length;
  return { end: offset + trailing.length, ...(comma === undefined ? {} : { comma: offset + comma }) };
}

function printValue(value: unknown, { eol, indentation }: Style, outer: string): string {
  return JSON.stringify(value, null, indentation).replaceAll("\n", eol + outer);
}
