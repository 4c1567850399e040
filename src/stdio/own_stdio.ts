/**
 * This process's stdin and stdout.
 *
 * @module
 */
import { systemClock } from "../core/clock.ts";
import { slabReader } from "../core/byte_streams.ts";
import { OutputError, writeOut } from "../core/standard_output.ts";
import type { ByteSink, ByteSource } from "./byte_pipes.ts";

const SMALLEST_READ = 16 * 1024;

/**
 * How long after the first write the faster way is loaded, in ms. Loading takes 25 ms. The first messages follow each
 * other closely, and must not wait for it.
 */
const LOAD_AFTER = 250;

let sockets: Pick<typeof import("./stdio_sockets.ts"), "socketInput" | "socketOutput"> | undefined;
let toBeLoaded = true;

function loadSockets(): void {
  if (!toBeLoaded) return;
  toBeLoaded = false;
  systemClock.after(LOAD_AFTER, async () => {
    const { socketInput, socketOutput } = await import("./stdio_sockets.ts");
    sockets = { socketInput, socketOutput };
  });
}

/** Our stdin. */
export function ownInput(): ByteSource {
  const slow: ByteSource = { read: slabReader((into) => Deno.stdin.read(into), SMALLEST_READ) };
  let fast: ByteSource | undefined;
  let tried = false;
  return {
    read() {
      if (!tried && sockets !== undefined) {
        tried = true;
        fast = sockets.socketInput();
      }
      return (fast ?? slow).read();
    },
  };
}

/**
 * Our stdout. Closing it does nothing: it closes with the process. A failed write rejects with {@linkcode OutputError}.
 */
export function ownOutput(): ByteSink {
  const slow = { write: (bytes: Uint8Array) => writeOut(Deno.stdout, bytes) };
  let fast: Pick<ByteSink, "write"> | undefined;
  let tried = false;
  return {
    async write(bytes) {
      loadSockets();
      if (!tried && sockets !== undefined) {
        tried = true;
        fast = sockets.socketOutput();
      }
      try {
        await (fast ?? slow).write(bytes);
      } catch (error) {
        throw new OutputError(error);
      }
    },
    close: () => Promise.resolve(),
  };
}
