/**
 * Input that is nearly right.
 *
 * @module
 */
import { concatBytes } from "../../src/core/bytes.ts";
import type { Random } from "./random.ts";

/** Bytes at the limits of what they mean, in JSON, UTF-8 and MQTT. */
const INTERESTING = [0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x30, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xbf];
const MORE_INTERESTING = [0xc0, 0xe0, 0xed, 0xf0, 0xf4, 0xf8, 0xfe, 0xff];

const TOKENS = ["\\u0000", "\\ud800", '"id":', '"method":', "null", "-0", "1e999", "{}", "[[", "]]", "+", "#", "/", "$"]
  .map((token) => new TextEncoder().encode(token));

/** Longest input, in bytes: enough for every limit in reach, and quick to read. */
const LONGEST = 4_096;

/** One of `seeds`, changed in a few places; now and then nothing but noise. */
export function mutate(random: Random, seeds: readonly Uint8Array[]): Uint8Array {
  if (random.once(50)) return random.bytes(64);
  let bytes = random.pick(seeds);
  for (let rounds = random.below(5); rounds > 0; rounds--) bytes = change(random, bytes, seeds);
  return bytes.subarray(0, LONGEST);
}

function change(random: Random, bytes: Uint8Array, seeds: readonly Uint8Array[]): Uint8Array {
  const from = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, from + random.below(random.once(4) ? bytes.length + 1 : 8));
  const before = bytes.subarray(0, from);
  const after = bytes.subarray(to);
  switch (random.below(7)) {
    case 0:
      return join(before, after);
    case 1:
      return join(before, Uint8Array.of(random.pick(random.once(2) ? INTERESTING : MORE_INTERESTING)), after);
    case 2:
      return join(before, random.bytes(8), after);
    case 3:
      return join(before, random.pick(TOKENS), after);
    case 4:
      return join(before, bytes.subarray(from, to), bytes.subarray(from, to), after);
    case 5:
      return join(before, random.pick(seeds).subarray(random.below(16)));
    default: {
      const copy = bytes.slice();
      if (copy.length > 0) copy[random.below(copy.length)] = random.below(256);
      return copy;
    }
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(parts, parts.reduce((length, part) => length + part.length, 0));
}
