/**
 * Putting an entry into a host's file, whose other bytes stay as they are.
 *
 * @module
 */
import { JsonText } from "../../core/json_text.ts";
import { elementsOf, findMember, Members, type Span } from "../../core/json_scan.ts";
import { CLOSE_BRACE, OPEN_BRACE } from "../../core/json_skip.ts";
import { withoutByteOrderMark } from "../../core/text_file.ts";
import type { HostFile } from "./hosts.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The text of a host's file with `addition` in it. Entries of the same name, and items of lists with the same `id`, are
 * replaced; whatever else there is stays byte for byte.
 *
 * @param text a JSON object
 * @throws {TypeError} when a member of the file is not what the host expects there
 */
export function mergeIntoText(text: string, addition: HostFile): string {
  const json = withoutByteOrderMark(text);
  const mark = text.slice(0, text.length - json.length);
  return mark + Object.entries(addition).reduce(mergeMember, json);
}

/** Puts one member of the addition in: an object of entries, or a list of items. */
function mergeMember(text: string, [member, added]: readonly [string, unknown]): string {
  const there = JsonText.parse(text).get(member);
  if (there === undefined) return put(text, [], member, added);
  if (Array.isArray(added)) {
    if (!Array.isArray(there.value)) throw new TypeError(`its "${member}" is not a list`);
    return added.reduce((result: string, item) => putItem(result, member, item), text);
  }
  if (!there.text.startsWith("{")) throw new TypeError(`its "${member}" is not an object`);
  return Object.entries(added as object).reduce(
    (result, [name, entry]) => put(result, [member], name, entry),
    text,
  );
}

/** Gives the object at `path` a member, or that member another value. */
function put(text: string, path: readonly string[], name: string, value: unknown): string {
  const bytes = encoder.encode(text);
  const layout = layoutOf(text);
  const found = findMember(bytes, ...path, name);
  if (found !== undefined) return splice(bytes, found, layout.print(value, path.length + 1));
  const object = path.length === 0 ? wholeOf(bytes) : findMember(bytes, ...path) ?? wholeOf(bytes);
  const end = lastMemberEnd(bytes, object);
  return insert(bytes, object, end, `${JSON.stringify(name)}${layout.colon}`, value, path.length, layout);
}

/** Puts an item into the list that `member` is, in the place of the one with the same `id`. */
function putItem(text: string, member: string, item: unknown): string {
  const bytes = encoder.encode(text);
  const layout = layoutOf(text);
  const list = findMember(bytes, member) ?? { start: 0, end: 0 };
  const items = elementsOf(bytes.subarray(list.start, list.end)).map(({ start, end }): Span => ({
    start: list.start + start,
    end: list.start + end,
  }));
  const same = items.find(({ start, end }) =>
    idOf(JSON.parse(decoder.decode(bytes.subarray(start, end)))) === idOf(item)
  );
  if (same !== undefined) return splice(bytes, same, layout.print(item, 2));
  return insert(bytes, list, items.at(-1)?.end, "", item, 1, layout);
}

/** Puts something behind the last part of an object or a list, or into an empty one. */
function insert(
  bytes: Uint8Array,
  container: Span,
  lastEnd: number | undefined,
  before: string,
  value: unknown,
  depth: number,
  { newline, print }: Layout,
): string {
  const inside = `${newline(depth + 1)}${before}${print(value, depth + 1)}`;
  if (lastEnd !== undefined) return splice(bytes, { start: lastEnd, end: lastEnd }, `,${inside}`);
  const text = decoder.decode(bytes.subarray(container.start, container.end));
  const [open, close] = [text.at(0), text.at(-1)];
  return splice(bytes, container, `${open}${inside}${newline(depth)}${close}`);
}

/** Where the file's own object stands. */
function wholeOf(bytes: Uint8Array): Span {
  return { start: bytes.indexOf(OPEN_BRACE), end: bytes.lastIndexOf(CLOSE_BRACE) + 1 };
}

function lastMemberEnd(bytes: Uint8Array, object: Span): number | undefined {
  const members = new Members(bytes, object.start);
  let end: number | undefined;
  while (members.next()) end = members.end;
  return end;
}

function splice(bytes: Uint8Array, { start, end }: Span, text: string): string {
  return decoder.decode(bytes.subarray(0, start)) + text + decoder.decode(bytes.subarray(end));
}

/** How a file is laid out. */
interface Layout {
  readonly colon: string;
  /** Begins a line at this depth; nothing in a file of one line. */
  readonly newline: (depth: number) => string;
  /** A value at this depth. */
  readonly print: (value: unknown, depth: number) => string;
}

function layoutOf(text: string): Layout {
  const [, lineEnd = "", indentation = ""] = /^\s*\{[ \t]*(\r?\n)([ \t]*)/.exec(text) ?? [];
  const oneLine = lineEnd === "" && text.replaceAll(/\s/g, "") !== "{}";
  if (oneLine) return { colon: ": ", newline: () => " ", print: (value) => JSON.stringify(value) };
  const [end, step] = [lineEnd || "\n", indentation || "  "];
  const newline = (depth: number) => end + step.repeat(depth);
  return {
    colon: ": ",
    newline,
    print: (value, depth) => JSON.stringify(value, undefined, step).replaceAll("\n", newline(depth)),
  };
}

function idOf(item: unknown): unknown {
  return typeof item === "object" && item !== null && "id" in item ? item.id : item;
}
