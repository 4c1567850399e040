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

/**
 * Replaces each secret that occurs in a text by its name in brackets: errors of the network and of other programs
 * repeat what they were given.
 */
export function redactor(secrets: Iterable<readonly [name: string, secret: Secret]>): Redact {
  const names = new Map<string, string>();
  for (const [name, secret] of secrets) {
    if (secret.reveal() !== "") names.set(secret.reveal(), name);
  }
  if (names.size === 0) return redactNothing;
  const longestFirst = [...names.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(toPattern).join("|"), "gu");
  return (text) => text.replaceAll(pattern, (secret) => `[${names.get(secret)}]`);
}

/** A pattern, for the `u` flag, that `secret` matches. */
function toPattern(secret: string): string {
  const literal = secret.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return secret.length < SHORT ? `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])` : literal;
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
