/**
 * Writing the log where somebody may or may not read it.
 *
 * @module
 */
import type { LogRecord, Sink } from "@logtape/logtape";
import { withTimeLimit } from "../core/clock.ts";

/** More characters than this are not kept for a reader who does not read. */
const LIMIT = 256 * 1024;

/** How long the end of the log may take, in ms. */
const END_TIMEOUT = 500;

/**
 * A sink that never blocks and never fails: shepherd (e55a893) never reads a server's stderr. Lines that
 * find no room are dropped, and counted in a line of their own when there is room again.
 */
export function lineSink(
  output: WritableStream<Uint8Array>,
  format: (record: LogRecord) => string,
): Sink & AsyncDisposable {
  const encoder = new TextEncoder();
  const writer = output.getWriter();
  let waiting = "";
  let dropped = 0;
  let broken = false;
  let writing: Promise<void> | undefined;

  const write = async () => {
    try {
      while (waiting !== "") {
        const text = waiting;
        waiting = "";
        await writer.write(encoder.encode(text));
      }
    } catch {
      broken = true; // nobody reads any more, and nobody is left to be told
    }
    writing = undefined;
  };

  const sink = (record: LogRecord) => {
    if (broken) return;
    if (waiting.length > LIMIT) {
      dropped++;
      return;
    }
    if (dropped > 0) {
      const message = [`${dropped} lines of the log were dropped, since nobody has read it`];
      waiting += format({ ...record, level: "warning", message, properties: {} });
      dropped = 0;
    }
    waiting += format(record);
    writing ??= write();
  };
  return Object.assign(sink, {
    async [Symbol.asyncDispose]() {
      await withTimeLimit(writing ?? Promise.resolve(), END_TIMEOUT);
      writer.releaseLock();
    },
  });
}
