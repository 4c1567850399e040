/**
 * Text of files, of errors and of untrusted peers, made fit for people to read.
 *
 * @module
 */

/** What Deno adds to the error text of the system: a number, and the call with its file. */
const SYSTEM_NOTE = / \(os error \d+\)(?:: \w+ '[^']*')?/g;

/** The text of an error, without Deno's additions. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message.replaceAll(SYSTEM_NOTE, "") : String(error);
}

/**
 * Characters that do more in a terminal than show text. These are DEL and the C1 controls, line separators, and
 * controls of the text direction, which can make one text look like another (Unicode's UAX 9, 2.1 to 2.4).
 */
const UNSAFE = "\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069";

const CONTROL = new RegExp(`[\\u0000-\\u001f${UNSAFE}]`, "g");

/** Control characters except tabs and line breaks. */
const CONTROL_IN_LINES = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f${UNSAFE}]`, "g");

/** An untrusted text on one line: control characters become JSON escapes. */
export function onOneLine(text: string): string {
  return text.replaceAll(CONTROL, escaped);
}

/** An untrusted text with control characters as JSON escapes; lines and tabs stay. JSON text keeps its meaning. */
export function visibleText(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(CONTROL_IN_LINES, escaped);
}

/** At most `length` characters of an untrusted text. A text that was cut ends in "…". */
export function shortened(text: string, length = 200): string {
  if (text.length <= length) return text;
  const cut = text.slice(0, length - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`; // never half of a surrogate pair
}

/** A character as a JSON escape, even if JSON allows it unescaped. */
function escaped(character: string): string {
  const json = JSON.stringify(character).slice(1, -1);
  return json === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : json;
}

/** Some editors, such as Windows Notepad, write it at the beginning of a file. It has no meaning in UTF-8. */
const BYTE_ORDER_MARK = "\uFEFF";

/** A text without the byte order mark that it may begin with. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
}

/**
 * The text of a file, without a byte order mark.
 *
 * @throws the error of the system
 */
export async function readTextFile(file: string): Promise<string> {
  return withoutByteOrderMark(await Deno.readTextFile(file));
}
