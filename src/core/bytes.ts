/**
 * Searching bytes.
 *
 * @module
 */
/** Up to this many bytes, a plain loop is faster than any call. */
const SHORT = 64;

/** For up to this many further bytes, V8's search of a typed array is fast enough. */
const MIDDLE = 4 * 1024;

/**
 * How many bytes are searched at a time beyond that. A larger window could convert far more bytes than there are before
 * the hit.
 */
const WINDOW = 64 * 1024;

/**
 * The first position of `byte` at or after `from`, or -1. Takes time in proportion to the distance.
 *
 * V8 searches a typed array one element at a time (310 µs for 1 MiB here) but a one-byte string with vector instructions
 * (110 µs, the copy included), so long ranges are searched as strings.
 */
export function indexOfByte(bytes: Uint8Array, byte: number, from = 0): number {
  const near = Math.min(bytes.length, from + SHORT);
  for (let position = from; position < near; position++) {
    if (bytes[position] === byte) return position;
  }
  if (near >= bytes.length) return -1;
  const middle = near + MIDDLE;
  if (middle >= bytes.length) return bytes.indexOf(byte, near);
  const found = bytes.subarray(near, middle).indexOf(byte);
  return found >= 0 ? near + found : farIndexOf(bytes, byte, middle);
}

let textOf: ((bytes: Uint8Array, start: number, end: number) => string) | undefined;
let loading: Promise<void> | undefined;

/** How often a search is measured. The first time also compiles what it calls. */
const MEASUREMENTS = 3;

/**
 * Loads Node's `Buffer` when it is first needed: that takes 5 ms, and most messages are small. The search is measured
 * first, since on Deno 2.7 it takes a hundred times as long as V8's. On Deno 2.9 it is the faster one later, but takes
 * three times as long at first.
 */
async function loadBuffer(): Promise<void> {
  const { Buffer } = await import("node:buffer");
  const asText = ({ buffer, byteOffset }: Uint8Array, start: number, end: number) =>
    Buffer.from(buffer, byteOffset + start, end - start).toString("latin1");
  const sample = new Uint8Array(WINDOW);
  const plain = shortestTime(() => sample.indexOf(1));
  const text = shortestTime(() => asText(sample, 0, WINDOW).indexOf("\x01"));
  if (text < 10 * plain) textOf = asText;
}

/** The shortest time that `search` takes, in ms. */
function shortestTime(search: () => unknown): number {
  return Math.min(...Array.from({ length: MEASUREMENTS }, () => {
    const begin = performance.now();
    search();
    return performance.now() - begin;
  }));
}

function farIndexOf(bytes: Uint8Array, byte: number, from: number): number {
  if (textOf === undefined) {
    loading ??= loadBuffer();
    return bytes.indexOf(byte, from);
  }
  const character = String.fromCharCode(byte);
  let size = 4 * MIDDLE;
  for (let start = from; start < bytes.length; start += size, size = WINDOW) {
    const found = textOf(bytes, start, Math.min(bytes.length, start + size)).indexOf(character);
    if (found >= 0) return start + found;
  }
  return -1;
}

/** Up to this many unused bytes, keeping a buffer alive is cheaper than copying from it. */
const SLACK = 1024;

/**
 * The bytes in a form to keep. They are copied if they are a small part of a large buffer, because they would keep all
 * of it alive. A received message shares its buffer with everything that was read together with it, and the sender
 * decides how much that is.
 */
export function owned(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.length + SLACK ? bytes.slice() : bytes;
}

/** One array holding `parts` in order; the part itself when there is only one. */
export function concatBytes(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** A part longer than this, in bytes, is written without copying; shorter ones are put together. */
const COPY_LIMIT = 64 * 1024;

/** The parts in few pieces to write: short ones are put together, long ones stay as they are. */
export function* batches(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  let batch: Uint8Array[] = [];
  let size = 0;
  for (const part of parts) {
    if (part.length > COPY_LIMIT) {
      if (size > 0) yield concatBytes(batch, size);
      yield part;
      batch = [];
      size = 0;
    } else {
      batch.push(part);
      size += part.length;
    }
  }
  if (size > 0) yield concatBytes(batch, size);
}
