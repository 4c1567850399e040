/**
 * Reading from and writing to what the system gives.
 *
 * @module
 */

const SLAB_SIZE = 64 * 1024;

/**
 * Reads into one slab after another, and leaves what was read where it is: a small message costs a few bytes of a slab,
 * not a buffer of its own.
 *
 * @param read fills the beginning of `into`; resolves with how many bytes that are, `null` at the end
 * @param smallest below this much room, in bytes, a new slab is taken, so that one read is never cut into slivers
 * @returns what gives the next bytes, which its caller may keep; `undefined` at the end
 */
export function slabReader(
  read: (into: Uint8Array) => Promise<number | null>,
  smallest: number,
): () => Promise<Uint8Array | undefined> {
  let slab = new Uint8Array(SLAB_SIZE);
  let used = 0;
  return async () => {
    if (SLAB_SIZE - used < smallest) {
      slab = new Uint8Array(SLAB_SIZE);
      used = 0;
    }
    const count = await read(slab.subarray(used));
    if (count === null) return undefined;
    used += count;
    return slab.subarray(used - count, used);
  };
}

/** Writes all of `bytes`, where a write may take less than it is offered. */
export async function writeAll(
  output: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await output.write(written === 0 ? bytes : bytes.subarray(written));
  }
}
