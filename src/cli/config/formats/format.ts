/**
 * Files of hosts, edited so that every byte stays that is not ours.
 *
 * @module
 */

/** What is in a file, as plain values. */
export type Content = Readonly<Record<string, unknown>>;

/** How the files of a host are written. */
export interface FileFormat {
  /**
   * What a file says.
   *
   * @throws {NotUnderstood} when it is not written in this format
   */
  parse(text: string): Content;
  /**
   * The text with `value` at `path`, and everything else as it was.
   *
   * @throws {NotUnderstood} when the text has something in the way
   */
  put(text: string, path: readonly string[], value: unknown): string;
  /** Whether a path may lead into an entry; otherwise only whole entries can be put there. */
  readonly putsMembers: boolean;
  /** A new file that says `content`. */
  print(content: Content): string;
}

/** A file is left alone, and why. */
export class NotUnderstood extends Error {
  override readonly name = "NotUnderstood";
}

/** What a text uses to begin a new line, and to indent. */
export interface Style {
  readonly eol: "\n" | "\r\n";
  /** One level. */
  readonly indentation: string;
}

/** The style of a text: that of its first lines. */
export function styleOf(text: string): Style {
  const [, indentation = "  "] = /^([ \t]+)\S/m.exec(text) ?? [];
  return { eol: /\r?\n/.exec(text)?.[0] === "\r\n" ? "\r\n" : "\n", indentation };
}

/** Where the line of a place begins. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Where the line of a place ends, before what ends it. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  if (end === -1) return text.length;
  return text[end - 1] === "\r" ? end - 1 : end;
}

/** The white space that the line of a place begins with. */
export function indentationAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? "";
}

/** A text with `insertion` at a place. */
export function insert(text: string, offset: number, insertion: string, removed = 0): string {
  return text.slice(0, offset) + insertion + text.slice(offset + removed);
}
