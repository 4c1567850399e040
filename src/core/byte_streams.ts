/**
 * Reading from and writing to files, pipes and sockets.
 *
 * @module
 */

const SLAB_SIZE = 64 * 1024;

/**
 * Reads into one slab after another, without copying. So a small message takes a few bytes of a slab, not a buffer of
 * its own.
 *
 * @param read fills the beginning of `into`; resolves with the number of bytes, or `null` at the end
 * @param smallest with less room than this, in bytes, a new slab is taken: a read into a nearly full one would be cut
 * into tiny pieces
 * @returns a function for the next bytes, which its caller may keep; `undefined` at the end
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

/** Writes all of `bytes`, to an output that may take only a part with each write. */
export async function writeAll(
  output: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await output.write(written === 0 ? bytes : bytes.subarray(written));
  }
}
