/**
 * Adding an entry to the text of a host's file. All other bytes of the file stay.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { withoutByteOrderMark } from "../../core/text.ts";
import { type Content, type FileFormat, UnsupportedSyntax } from "./formats/format.ts";
import type { HostFile } from "./host.ts";

/** The options that decide which server a command line reaches. */
const WHICH_SERVER: readonly string[] = [
  ...["--name", "--server-name", "--topic"],
  ...["--credentials-file", "--credentials-command", "--credentials-env"],
];

/** The existing entry with the name of the added one, if it is for another server. */
export function conflictingEntry(
  format: FileFormat,
  text: string,
  member: string,
  addition: HostFile,
): string | undefined {
  const there = Object(format.parse(withoutByteOrderMark(text))[member]) as Content;
  return Object.entries(Object(addition[member])).find(([name, entry]) =>
    Object.hasOwn(there, name) && serverOf(there[name]) !== serverOf(entry)
  )?.[0];
}

/** The server that an entry reaches, as a text to compare. */
function serverOf(entry: unknown): string {
  const { args, command } = Object(entry);
  const words = [command, args].flat();
  return JSON.stringify(WHICH_SERVER.map((option) => words.includes(option) ? words[words.indexOf(option) + 1] : null));
}

/**
 * The text with the entry added. If there is an entry for the same server, members that the user has added to it stay.
 * An entry for another server is replaced. In the list of questions that a host asks, an item with the same `id` is
 * kept.
 *
 * @throws {UnsupportedSyntax} when the text is written in a way that cannot be edited safely
 */
export function mergeText(format: FileFormat, text: string, addition: HostFile): string {
  const before = withoutByteOrderMark(text);
  const mark = text.slice(0, text.length - before.length);
  if (before.trim() === "") return mark + format.print(addition);
  const changes = Object.entries(addition).flatMap(([member, added]) =>
    Array.isArray(added)
      ? added.flatMap((item) => appended(format.parse(before), member, item))
      : Object.entries(Object(added)).flatMap(([name, entry]) =>
        changed(format.parse(before), [member, name], entry, format)
      )
  );
  const after = changes.reduce((text, { path, value }) => format.put(text, path, value), before);
  const expected = changes.reduce((content, { path, value }) => withValue(content, path, value), format.parse(before));
  if (!says(format, after, expected)) throw new UnsupportedSyntax("it is written in an unusual way");
  return mark + after;
}

function says(format: FileFormat, text: string, content: Content): boolean {
  try {
    return isDeepStrictEqual(plain(format.parse(text)), plain(content));
  } catch (error) {
    if (error instanceof UnsupportedSyntax) return false;
    throw error;
  }
}

interface Change {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** The changes that add the entry. */
function changed(content: Content, path: readonly [string, string], entry: unknown, format: FileFormat): Change[] {
  const [member, name] = path;
  const servers = content[member] ?? {};
  // In YAML, `null` stands for an empty map. In JSON it is a mistake, which put() refuses.
  if (!isObject(servers)) throw new UnsupportedSyntax(`its "${member}" is not an object`);
  const there = Object.hasOwn(servers, name) ? servers[name] : undefined;
  if (!isObject(there) || !isObject(entry) || serverOf(there) !== serverOf(entry)) {
    return isDeepStrictEqual(plain(there), plain(entry)) ? [] : [{ path, value: entry }];
  }
  if (format.putsMembers) return members(there, entry, path);
  const value = { ...there, ...entry };
  return isDeepStrictEqual(plain(there), plain(value)) ? [] : [{ path, value }];
}

/** The changes of members that differ. Objects are compared member by member. */
function members(there: Content, entry: Content, path: readonly string[]): Change[] {
  return Object.entries(entry).flatMap(([name, value]) => {
    const old = there[name];
    if (isObject(old) && isObject(value)) return members(old, value, [...path, name]);
    return isDeepStrictEqual(plain(old), plain(value)) ? [] : [{ path: [...path, name], value }];
  });
}

/** The change that appends an item to a list, unless the list has an item with this `id`. */
function appended(content: Content, member: string, item: unknown): Change[] {
  const list = content[member] ?? [];
  if (!Array.isArray(list)) throw new UnsupportedSyntax(`its "${member}" is not a list`);
  if (list.some((one) => Object(one).id === Object(item).id)) return [];
  return [
    content[member] === undefined ? { path: [member], value: [item] } : {
      path: [member, String(list.length)],
      value: item,
    },
  ];
}

function withValue(content: unknown, [name, ...rest]: readonly string[], value: unknown): Content {
  if (name === undefined) return value as Content;
  const inner = withValue(Object(content)[name], rest, value);
  if (Array.isArray(content)) return [...content, inner] as unknown as Content;
  return { ...Object(content), [name]: inner };
}

function isObject(value: unknown): value is Content {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A plain copy of a value: the libraries differ in the classes and prototypes of their objects. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
