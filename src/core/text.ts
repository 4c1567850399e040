/**
 * Text for people, from whatever was thrown or sent.
 *
 * @module
 */

/** What an error says of itself. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * A character as JSON would escape it, also one that JSON has no need to: the control characters behind ASCII, of which
 * one begins commands to terminals.
 */
export function escaped(character: string): string {
  const json = JSON.stringify(character).slice(1, -1);
  return json === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : json;
}
