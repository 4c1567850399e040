/**
 * YAML: each server is a member of a map.
 *
 * @module
 */
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";
import {
  type Content,
  type FileFormat,
  indentationAt,
  insert,
  lineEnd,
  lineStart,
  styleOf,
  UnsupportedSyntax,
} from "./format.ts";

/** YAML. */
export const YAML_FORMAT: FileFormat = { parse, put, print, putsMembers: false };

function parse(text: string): Content {
  const document = parseDocument(text);
  const content: unknown = document.errors.length > 0 ? undefined : document.toJS() ?? {};
  if (typeof content !== "object" || Array.isArray(content)) throw new UnsupportedSyntax("it is no map of YAML");
  return content as Content;
}

function print(content: Content): string {
  return Object.entries(content).map(([member, servers]) =>
    `${member}:\n${
      Object.entries(Object(servers)).map(([name, entry]) => printEntry(name, entry, "  ", "\n")).join("")
    }`
  ).join("");
}

function put(text: string, [member = "", name = ""]: readonly string[], value: unknown): string {
  const { eol } = styleOf(text);
  const { contents } = parseDocument(text);
  const servers = isMap(contents) ? pairOf(contents, member) : undefined;
  if (servers === undefined) {
    const gap = text === "" || text.endsWith("\n") ? "" : eol;
    return `${text}${gap}${member}:${eol}${printEntry(name, value, "  ", eol)}`;
  }
  const map = servers.value;
  if (!isMap(map) || map.flow === true) {
    const { start, end } = rangeOf(servers.value);
    const isEmpty = isMap(map) ? map.items.length === 0 : isScalar(map) && map.value === null;
    if (!isEmpty) throw new UnsupportedSyntax(`its "${member}" is not written in lines`);
    const colon = text.lastIndexOf(":", start) + 1;
    return insert(text, colon, `${eol}${printEntry(name, value, "  ", eol).trimEnd()}`, Math.max(end - colon, 0));
  }
  const [first] = map.items;
  const indentation = indentationAt(text, rangeOf(first?.key).start);
  const entry = printEntry(name, value, indentation, eol);
  const existing = pairOf(map, name);
  const start = existing && lineStart(text, rangeOf(existing.key).start);
  const last = existing ?? map.items.at(-1);
  const end = nextLine(text, rangeOf(last?.value ?? last?.key).end, eol);
  const place = start ?? end.offset;
  return insert(text, place, end.missing + entry, end.offset - place);
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

/** The range of a node, without the comments after it. */
function rangeOf(node: unknown): { readonly start: number; readonly end: number } {
  const [start, end] = Object(node).range ?? [];
  if (typeof start !== "number" || typeof end !== "number") {
    throw new UnsupportedSyntax("it has values without a place");
  }
  return { start, end };
}

/** Where the line after a node begins. `missing` is the line end to add first if there is none. */
function nextLine(text: string, offset: number, eol: string): { readonly offset: number; readonly missing: string } {
  // The range of a map ends after its last line.
  if (text[offset - 1] === "\n") return { offset, missing: "" };
  const end = text.indexOf("\n", lineEnd(text, offset));
  return end === -1 ? { offset: text.length, missing: eol } : { offset: end + 1, missing: "" };
}

function printEntry(name: string, value: unknown, indentation: string, eol: string): string {
  const members = Object.entries(Object(value)).map(([member, one]) =>
    `${indentation}${indentation}${member}: ${JSON.stringify(one)}${eol}`
  );
  return `${indentation}${
    /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[a-z][\w-]*$/i.test(name) ? name : JSON.stringify(name)
  }:${eol}${members.join("")}`;
}
