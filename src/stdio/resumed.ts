/**
 * A byte stream of which somebody else has read the beginning.
 *
 * @module
 */
import type { ByteSource } from "./line_channel.ts";

/** `source`, with `first` in front of what it still has to give. */
export function resumed(first: Uint8Array, source: ByteSource): ByteSource {
  let waiting: Uint8Array | undefined = first.length === 0 ? undefined : first;
  return {
    read() {
      if (waiting === undefined) return source.read();
      const bytes = waiting;
      waiting = undefined;
      return Promise.resolve(bytes);
    },
  };
}
