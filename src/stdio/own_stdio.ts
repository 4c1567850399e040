/**
 * This process's stdin and stdout.
 *
 * @module
 */
import { slabReader, writeAll } from "../core/byte_streams.ts";
import type { ByteSink, ByteSource } from "./byte_pipes.ts";

const SMALLEST_READ = 16 * 1024;

/**
 * The faster way is loaded so long after the first message has been written, in ms. It takes 25 ms, for which nobody
 * should have to wait; and the first messages come in a row.
 */
const LOAD_AFTER = 250;

let sockets: Pick<typeof import("./stdio_sockets.ts"), "socketInput" | "socketOutput"> | undefined;
let toBeLoaded = true;

function loadSockets(): void {
  if (!toBeLoaded) return;
  toBeLoaded = false;
  const timer = setTimeout(async () => {
    const { socketInput, socketOutput } = await import("./stdio_sockets.ts");
    sockets = { socketInput, socketOutput };
  }, LOAD_AFTER);
  Deno.unrefTimer(timer);
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
 * Our stdout. Closing it does nothing: it closes with the process.
 *
 * @param broken told when nobody reads it any more
 */
export function ownOutput(broken: () => void = () => {}): ByteSink {
  const slow = { write: (bytes: Uint8Array) => writeAll(Deno.stdout, bytes) };
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
        broken();
        throw error;
      }
    },
    close: () => Promise.resolve(),
  };
}
