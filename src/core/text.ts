/**
 * Text for people, from whatever was thrown or sent.
 *
 * @module
 */

/** What an error says of itself. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Characters that a terminal takes for more than text, or that begin a line of their own. */
// deno-lint-ignore no-control-regex -- finding them is the purpose
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** The same, but for tabs and line breaks. */
// deno-lint-ignore no-control-regex -- finding them is the purpose
const CONTROL_IN_LINES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** A stranger's text on one line: control characters are written as JSON escapes. */
export function onOneLine(text: string): string {
  return text.replaceAll(CONTROL, escaped);
}

/** A stranger's text without the characters by which it could do more than be read; lines and tabs stay. */
export function visibleText(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(CONTROL_IN_LINES, escaped);
}

/** A character as JSON would escape it, also one that JSON has no need to escape. */
function escaped(character: string): string {
  const json = JSON.stringify(character).slice(1, -1);
  return json === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : json;
}
