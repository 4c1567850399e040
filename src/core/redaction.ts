/**
 * Keeping credentials out of texts.
 *
 * @module
 */
import type { Observer, ProxyEvent } from "./events.ts";
import type { Secret } from "./secret.ts";

/** Replaces the secrets in a text. */
export type Redact = (text: string) => string;

/** Leaves texts as they are. */
export const redactNothing: Redact = (text) => text;

/**
 * A secret shorter than this, in characters, is replaced only as a whole word. Otherwise it would be found inside other
 * words.
 */
const SHORT = 8;

/** A line of a secret that is shorter than this, in characters, is not replaced by itself: it reveals too little. */
const SHORT_LINE = 16;

/**
 * Replaces each secret that occurs in a text by its name in brackets. Errors of the network and of other programs can
 * repeat a secret that they were given: as it is or as JSON, whole or line by line. Takes time linear in the text for
 * each secret, and never throws.
 *
 * Only for texts of others. A person who could choose a text and see the result would learn whether a guess is right.
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

/**
 * Replaces `value` by `name` in `parts`. Every second part is a name that has already replaced something, and stays.
 */
function replaceIn(parts: readonly string[], value: string, name: string): readonly string[] {
  if (!parts.some((part) => part.includes(value))) return parts;
  return parts.flatMap((part, index) =>
    index % 2 === 1
      ? [part]
      : cut(part, value).flatMap((piece, number) => number === 0 ? [piece] : [`[${name}]`, piece])
  );
}

/** The pieces of `text` before, between and after the occurrences of `secret`. */
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

/** Whether there is no letter or digit right before or after this part. */
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
