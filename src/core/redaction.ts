/**
 * Keeping credentials out of sentences.
 *
 * @module
 */
import type { Observer, ProxyEvent } from "./events.ts";
import type { Secret } from "./secret.ts";

/** Takes what must not be seen out of a text. */
export type Redact = (text: string) => string;

/** Leaves texts as they are. */
export const redactNothing: Redact = (text) => text;

/** A secret shorter than this, in characters, is looked for as a whole word: it would be found everywhere. */
const SHORT = 8;

/** A line of a secret that is shorter than this, in characters, gives nothing away. */
const SHORT_LINE = 16;

/**
 * Replaces each secret that occurs in a text by its name in brackets: errors of the network and of other programs
 * repeat what they were given, as it is or as JSON, whole or line by line. Takes time linear in the text for each
 * secret, and never throws.
 *
 * It is for the texts of others. A text that somebody chooses and gets back would tell him whether he has guessed right.
 */
export function redactor(secrets: Iterable<readonly [name: string, secret: Secret]>): Redact {
  const names = new Map<string, string>();
  const lines = new Map<string, string>();
  for (const [name, secret] of secrets) {
    const value = secret.reveal();
    if (value === "") continue;
    names.set(JSON.stringify(value).slice(1, -1), name);
    names.set(value, name);
    if (value.includes("\n")) { for (const line of value.split("\n")) lines.set(line.trim(), name); }
  }
  if (names.size === 0) return redactNothing;
  const longestFirst = [...names].sort(([a], [b]) => b.length - a.length);
  return (text) => {
    let parts: readonly string[] = [text];
    for (const [value, name] of longestFirst) parts = replaceIn(parts, value, name);
    const whole = parts.join("");
    return lines.size === 0 ? whole : whole.split("\n").map((line) => redactLine(line, lines)).join("\n");
  };
}

/** Every second one of `parts` is a name that has replaced something; in the others `value` is replaced by `name`. */
function replaceIn(parts: readonly string[], value: string, name: string): readonly string[] {
  if (!parts.some((part) => part.includes(value))) return parts;
  return parts.flatMap((part, index) =>
    index % 2 === 1
      ? [part]
      : cut(part, value).flatMap((piece, number) => number === 0 ? [piece] : [`[${name}]`, piece])
  );
}

/** What stands before, between and behind the occurrences of `secret`. */
function cut(text: string, secret: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at)) {
    const end = at + secret.length;
    if (secret.length >= SHORT || isWord(text, at, end)) {
      pieces.push(text.slice(start, at));
      start = end;
      at = end;
    } else {
      at++;
    }
  }
  return [...pieces, text.slice(start)];
}

/** Whether no letter or digit stands right before or behind this part. */
function isWord(text: string, start: number, end: number): boolean {
  const before = [...text.slice(Math.max(0, start - 2), start)].at(-1) ?? "";
  const [behind = ""] = text.slice(end, end + 2);
  return !LETTER_OR_DIGIT.test(before) && !LETTER_OR_DIGIT.test(behind);
}

const LETTER_OR_DIGIT = /\p{L}|\p{N}/u;

function redactLine(line: string, lines: ReadonlyMap<string, string>): string {
  const content = line.trim();
  const name = content.length < SHORT_LINE || content.startsWith("-----") ? undefined : lines.get(content);
  return name === undefined ? line : `[${name}]`;
}

/** Hands events on to `observe` after `redact` has been applied to every text in them. */
export function redacting(observe: Observer, redact: Redact): Observer {
  return (event) => {
    const members = Object.entries(event).map(([name, value]) => [
      name,
      name !== "type" && typeof value === "string" ? redact(value) : value,
    ]);
    observe(Object.fromEntries(members) as ProxyEvent);
  };
}
