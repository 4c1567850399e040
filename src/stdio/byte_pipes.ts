/**
 * Interfaces of the reading and the writing end of a pipe.
 *
 * @module
 */

/** A source of bytes: our stdin, or a child's stdout. */
export interface ByteSource {
  /** The next bytes, which the caller may keep, or `undefined` at the end of the stream. */
  read(): Promise<Uint8Array | undefined>;
}

/** A sink of bytes: our stdout, or a child's stdin. */
export interface ByteSink {
  /** Writes all of `bytes`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the stream; later writes fail. */
  close(): Promise<void>;
}

/** A source that gives `first`, and then what is left in `source`. */
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
