/**
 * TOML: each server is a table, `[mcp_servers.NAME]`.
 *
 * @module
 */
import { parse as parseToml, stringify } from "smol-toml";
import { type Content, type FileFormat, insert, styleOf, UnsupportedSyntax } from "./format.ts";

/** TOML. */
export const TOML_FORMAT: FileFormat = { parse, put, print, putsMembers: false };

function parse(text: string): Content {
  try {
    return parseToml(text);
  } catch (cause) {
    throw new UnsupportedSyntax("it is no TOML", { cause });
  }
}

function print(content: Content): string {
  return Object.entries(content).map(([member, servers]) =>
    Object.entries(Object(servers)).map(([name, entry]) => printTable([member, name], entry, "\n")).join("\n")
  ).join("\n");
}

/** Sets the table at `path` to `value`. Subtables stay unchanged. */
function put(text: string, path: readonly string[], value: unknown): string {
  const { eol } = styleOf(text);
  const table = tableIn(text, path);
  if (table !== undefined) {
    const own = parse(table.body);
    const members = Object.entries(Object(value)).filter(([name, one]) => name in own || !isTable(one));
    return insert(text, table.start, printTable(path, Object.fromEntries(members), eol), table.length);
  }
  const written = printTable(path, value, eol);
  const gap = text === "" ? "" : text.endsWith("\n") ? eol : eol + eol;
  return text + gap + written;
}

interface Table {
  readonly start: number;
  readonly length: number;
  /** Its lines below the header. */
  readonly body: string;
}

/** The lines of a table, from its header to the last line that is neither empty nor a comment. */
function tableIn(text: string, path: readonly string[]): Table | undefined {
  const names = path.map((name) => `(?:${[bare(name), JSON.stringify(name), `'${name}'`].map(escaped).join("|")})`);
  const header = new RegExp(
    `^[ \\t]*\\[[ \\t]*${names.join("[ \\t]*\\.[ \\t]*")}[ \\t]*\\][ \\t]*(?:#.*)?\\r?(?:\\n|$)`,
    "m",
  );
  const found = header.exec(text);
  if (found === null) return undefined;
  const behind = found.index + found[0].length;
  const next = text.slice(behind).search(/^[ \t]*\[/m);
  const body = next === -1 ? text.slice(behind) : text.slice(behind, behind + next);
  // Comments and empty lines at the end belong to what follows.
  const [said = ""] = /^(?:.*\n)*[ \t]*[^#\s].*(?:\n|$)/.exec(body) ?? [];
  return { start: found.index, length: found[0].length + said.length, body: said };
}

function printTable(path: readonly string[], value: unknown, eol: string): string {
  const lines = Object.entries(Object(value)).map(([name, one]) => `${key(name)} = ${inline(one)}`);
  return [`[${path.map(key).join(".")}]`, ...lines, ""].join(eol);
}

/** A value in one line. A JSON string is also a TOML string. */
function inline(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (isTable(value)) {
    return `{ ${Object.entries(Object(value)).map(([name, one]) => `${key(name)} = ${inline(one)}`).join(", ")} }`;
  }
  return stringify({ value }).trim().replace(/^value = /, "");
}

function isTable(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function key(name: string): string {
  return bare(name) || JSON.stringify(name);
}

/** The name if it needs no quotes; otherwise empty. */
function bare(name: string): string {
  return /^[\w-]+$/.test(name) ? name : "";
}

function escaped(text: string): string {
  return RegExp.escape(text);
}
