/**
 * Output for a reader who may not read.
 *
 * @module
 */
import { waitAtMost } from "../core/waiting.ts";

/** How many bytes wait for the reader; what comes then is lost. */
const LIMIT = 256 * 1024;

/** How long the end waits for the reader, in ms. */
const CLOSE_TIMEOUT = 50;

/**
 * A stream onto `target` that never makes its writer wait, and forgets what the reader does not take: a pipe that
 * nobody reads is full after 64 KiB, and must not hold up or even keep alive the process that writes to it.
 */
export function lossyOutput(target: WritableStream<Uint8Array>): WritableStream<Uint8Array> {
  const writer = target.getWriter();
  let waiting = 0;
  let last = Promise.resolve();
  return new WritableStream({
    write(chunk) {
      if (waiting + chunk.length > LIMIT) return;
      waiting += chunk.length;
      last = writer.write(chunk).catch(() => {}).finally(() => waiting -= chunk.length);
    },
    async close() {
      await waitAtMost(last, CLOSE_TIMEOUT);
      writer.releaseLock();
    },
  });
}
