/**
 * This process's stdin and stdout.
 *
 * @module
 */
import { slabReader, writeAll } from "../core/byte_streams.ts";
import type { ByteSink, ByteSource } from "./byte_pipes.ts";

const SMALLEST_READ = 16 * 1024;

/** Our stdin. */
export function ownInput(): ByteSource {
  return { read: slabReader((into) => Deno.stdin.read(into), SMALLEST_READ) };
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
        await writeAll(Deno.stdout, bytes);
      } catch (error) {
        broken();
        throw error;
      }
    },
    close: () => Promise.resolve(),
  };
}
