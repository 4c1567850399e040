/**
 * Editing the files of hosts. Every byte that is not ours stays.
 *
 * @module
 */

/** The contents of a file, as plain values. */
export type Content = Readonly<Record<string, unknown>>;

/** A file format of hosts. */
export interface FileFormat {
  /**
   * Parses a file.
   *
   * @throws {UnsupportedSyntax} when the text is not in this format
   */
  parse(text: string): Content;
  /**
   * The text with `value` at `path`, and everything else as it was.
   *
   * @throws {UnsupportedSyntax} when the text cannot be changed safely
   */
  put(text: string, path: readonly string[], value: unknown): string;
  /** Whether single members of an entry can be set; otherwise only whole entries. */
  readonly putsMembers: boolean;
  /** The text of a new file with `content`. */
  print(content: Content): string;
}

/** The reason why a file is not changed. */
export class UnsupportedSyntax extends Error {
  override readonly name = "UnsupportedSyntax";
}

/** The line end and the indentation of a text. */
export interface Style {
  readonly eol: "\n" | "\r\n";
  /** One level. */
  readonly indentation: string;
}

/** The style of a text, taken from its first lines. */
export function styleOf(text: string): Style {
  const [, indentation = "  "] = /^([ \t]+)\S/m.exec(text) ?? [];
  return { eol: /\r?\n/.exec(text)?.[0] === "\r\n" ? "\r\n" : "\n", indentation };
}

/** The offset where the line of `offset` begins. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** The offset where the line of `offset` ends, before its line end. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  if (end === -1) return text.length;
  return text[end - 1] === "\r" ? end - 1 : end;
}

/** The white space at the beginning of the line of `offset`. */
export function indentationAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? "";
}

/** The text with `insertion` at `offset`, in place of `removed` characters. */
export function insert(text: string, offset: number, insertion: string, removed = 0): string {
  return text.slice(0, offset) + insertion + text.slice(offset + removed);
}
