/**
 * The two ends of pipes, as far as a reader or a writer has to know them.
 *
 * @module
 */

/** Where bytes come from: own stdin, or a child's stdout. */
export interface ByteSource {
  /** The next bytes, which the caller may keep, or `undefined` at the end of the stream. */
  read(): Promise<Uint8Array | undefined>;
}

/** Where bytes go: own stdout, or a child's stdin. */
export interface ByteSink {
  /** Writes all of `bytes`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the stream; later writes fail. */
  close(): Promise<void>;
}

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
