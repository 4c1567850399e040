/**
 * Text: of files, of errors, and of strangers, as people are to read it.
 *
 * @module
 */

/** What the runtime adds to the words of the system: a number, and the call with its file. */
const SYSTEM_NOTE = / \(os error \d+\)(?:: \w+ '[^']*')?/g;

/** What an error says of itself. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message.replaceAll(SYSTEM_NOTE, "") : String(error);
}

/**
 * Characters that a terminal takes for more than text: controls (also of C1, and DEL), what begins a line elsewhere, and
 * what turns the direction of the text around it, by which one text can look like another (Unicode's UAX 9, 2.1 to 2.4).
 */
const UNSAFE = "\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069";

const CONTROL = new RegExp(`[\\u0000-\\u001f${UNSAFE}]`, "g");

/** The same, but for tabs and line breaks. */
const CONTROL_IN_LINES = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f${UNSAFE}]`, "g");

/** A stranger's text on one line: control characters are written as JSON escapes. */
export function onOneLine(text: string): string {
  return text.replaceAll(CONTROL, escaped);
}

/**
 * A stranger's text without the characters by which it could do more than be read; lines and tabs stay. Text that is JSON
 * stays the same JSON.
 */
export function visibleText(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(CONTROL_IN_LINES, escaped);
}

/** At most `length` characters of a stranger's text, and a sign that there were more. */
export function shortened(text: string, length = 200): string {
  if (text.length <= length) return text;
  const cut = text.slice(0, length - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`; // no half of a character
}

/** A character as JSON would escape it, also one that JSON has no need to escape. */
function escaped(character: string): string {
  const json = JSON.stringify(character).slice(1, -1);
  return json === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : json;
}

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
