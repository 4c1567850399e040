/**
 * Text files, whatever editor or shell has written them.
 *
 * @module
 */

/** Begins the files of some editors; says nothing in UTF-8. */
const BYTE_ORDER_MARK = "\uFEFF";

/** A text without the byte order mark that it may begin with. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
}

/**
 * The text of a file, without a byte order mark.
 *
 * @throws what the system says
 */
export async function readTextFile(file: string): Promise<string> {
  return withoutByteOrderMark(await Deno.readTextFile(file));
}
