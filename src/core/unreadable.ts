/**
 * Errors of files that cannot be read. The given name may be no name, but the secret that should be in the file.
 *
 * @module
 */
import { errorText } from "./text.ts";

/** The shortest part of a text that is taken for a key, in characters. A name seldom has such a part. */
const SHORTEST = 20;

/** What begins or holds a secret, whatever its letters: a key of ours, a JSON Web Token, JSON, several lines. */
const SECRET = /mcp1-private|^\s*(?:eyJ|[{[])|[\r\n]/;

/**
 * Why a file cannot be read, as a sentence. It does not repeat a name that may be a secret.
 *
 * @param flag the setting that names the file
 * @param error the error of the system
 * @param alternative what the setting takes instead of a file, such as `PEM text`
 */
export function unreadable(flag: string, file: string, error: unknown, alternative?: string): string {
  if (!mayBeSecret(file)) return `${flag} ${file} cannot be read: ${errorText(error)}`;
  const what = alternative === undefined
    ? "no file that can be read"
    : `neither a file that can be read nor ${alternative}`;
  return `${flag} is ${what}; its value is not shown, because it may be a secret`;
}

/** Whether a text that is to name a file may be a secret instead, such as a key in Base64 without the lines of PEM. */
function mayBeSecret(text: string): boolean {
  return SECRET.test(text) || (!text.includes(".") && text.split(/[/\\\s]/).some(mayBeKey));
}

/** Whether a part of a path looks like random bytes, in Base64 or as hexadecimal digits. */
function mayBeKey(part: string): boolean {
  if (part.length < SHORTEST || !/^[\w+=-]+$/.test(part)) return false;
  return /^[\da-f]+$/i.test(part) || [/[A-Z]/, /[a-z]/, /\d/].every((kind) => kind.test(part));
}
