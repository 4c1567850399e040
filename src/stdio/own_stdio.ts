/**
 * This process's stdin and stdout.
 *
 * @module
 */
import { LineChannel, type LineChannelOptions } from "./line_channel.ts";
import type { ByteSource } from "./line_channel.ts";
import type { ByteSink } from "./line_writer.ts";

const SLAB_SIZE = 64 * 1024;

/** Below this much room a new slab is taken, so that one read is never cut into slivers. */
const SMALLEST_READ = 16 * 1024;

/**
 * Our stdin. Reads fill one slab after another, and what was read stays where it is: a small message costs a
 * few bytes of a slab, not a buffer of its own.
 */
export function ownInput(): ByteSource {
  let slab = new Uint8Array(SLAB_SIZE);
  let used = 0;
  return {
    async read() {
      if (SLAB_SIZE - used < SMALLEST_READ) {
        slab = new Uint8Array(SLAB_SIZE);
        used = 0;
      }
      const count = await Deno.stdin.read(slab.subarray(used));
      if (count === null) return undefined;
      used += count;
      return slab.subarray(used - count, used);
    },
  };
}

/**
 * Our stdout. Closing it does nothing: it closes with the process.
 *
 * @param broken told when nobody reads it any more
 */
export function ownOutput(broken: () => void = () => {}): ByteSink {
  return {
    async write(bytes) {
      try {
        for (let written = 0; written < bytes.length;) {
          written += await Deno.stdout.write(written === 0 ? bytes : bytes.subarray(written));
        }
      } catch (error) {
        broken();
        throw error;
      }
    },
    close: () => Promise.resolve(),
  };
}

/** The channel to whoever started this process. */
export function ownStdio(options: LineChannelOptions): LineChannel {
  return new LineChannel(ownInput(), ownOutput(), options);
}
