/**
 * Stdin and stdout as non-blocking sockets.
 *
 * Deno reads stdin and writes stdout in a thread. That takes two thread switches each time (measured: half the time of
 * a call), which sockets do not need. But a socket makes the pipe non-blocking for every process that has inherited the
 * same end, for example the shell that started us. So this is undone when the process exits.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { fstatSync, type Stats } from "node:fs";
import { Socket } from "node:net";
import { writeAll } from "../core/byte_streams.ts";
import { writeOutAtOnce } from "../core/standard_output.ts";
import type { ByteSink, ByteSource } from "./byte_pipes.ts";

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

const SLAB_SIZE = 64 * 1024;

/** How many chunks are read ahead. */
const MOST_READY = 4;

/**
 * More than this many bytes are written in a thread. One system call that blocks takes less time than many that do not,
 * and the host gets larger pieces. (Measured: 1 MB in 4 ms instead of 20.)
 */
const LARGE = 32 * 1024;

/** The method of a socket's handle that makes the pipe blocking again. Deno 2.7 and some systems do not have it. */
interface Blocking {
  setBlocking(blocking: boolean): number;
}

/** Stdin; `undefined` when it is neither a pipe nor a socket, or when Deno cannot open it as a socket. */
export function socketInput(): ByteSource | undefined {
  if (!isPipe(STDIN)) return undefined;
  const slab = Buffer.alloc(SLAB_SIZE);
  const ready: Uint8Array[] = [];
  let waiting: PromiseWithResolvers<Uint8Array | undefined> | undefined;
  let ended = false;
  const end = () => {
    ended = true;
    waiting?.resolve(undefined);
  };
  const take = (count: number) => {
    const chunk = new Uint8Array(slab.subarray(0, count));
    if (waiting === undefined) return ready.push(chunk) < MOST_READY;
    const { resolve } = waiting;
    waiting = undefined;
    resolve(chunk);
    return true;
  };
  const socket = open(STDIN, { readable: true, onread: { buffer: slab, callback: take } });
  if (socket === undefined) return undefined;
  socket.on("end", end).on("error", end).on("close", end);
  return {
    read() {
      const chunk = ready.shift();
      if (chunk !== undefined) {
        if (ready.length === 0) socket.resume();
        return Promise.resolve(chunk);
      }
      if (ended) return Promise.resolve(undefined);
      waiting = Promise.withResolvers();
      return waiting.promise;
    },
  };
}

/**
 * Stdout; `undefined` when it is neither a pipe nor a socket, or when Deno cannot open it as a socket.
 *
 * The socket only makes the pipe non-blocking. Nothing is written through it: on Deno 2.9, a large write through a
 * socket on a pipe sometimes never ends on a busy machine.
 */
export function socketOutput(): Pick<ByteSink, "write"> | undefined {
  // Stderr must stay blocking: code that writes to it does not expect a full pipe.
  if (!isPipe(STDOUT) || isSame(STDOUT, STDERR)) return undefined;
  const socket = open(STDOUT, { writable: true });
  if (socket === undefined) return undefined;
  socket.on("error", () => {}); // a failed write throws
  const handle = handleOf(socket);
  return {
    async write(bytes) {
      if (bytes.length <= LARGE || handle?.setBlocking?.(true) !== 0) return await writeOutAtOnce(Deno.stdout, bytes);
      try {
        await writeAll(Deno.stdout, bytes);
      } finally {
        handle.setBlocking(false);
      }
    },
  };
}

function open(fd: number, options: Record<string, unknown>): Socket | undefined {
  try {
    const socket = new Socket({ fd, readable: false, writable: false, allowHalfOpen: true, ...options });
    addEventListener("unload", () => handleOf(socket)?.setBlocking?.(true));
    return socket;
  } catch {
    return undefined; // Deno 2.7 cannot do it
  }
}

function handleOf(socket: Socket): Partial<Blocking> | null {
  return "_handle" in socket ? socket._handle as Partial<Blocking> | null : null;
}

function isPipe(fd: number): boolean {
  const status = statusOf(fd);
  return Deno.build.os !== "windows" && (status.isFIFO?.() === true || status.isSocket?.() === true);
}

function isSame(one: number, other: number): boolean {
  const [a, b] = [statusOf(one), statusOf(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

function statusOf(fd: number): Partial<Stats> {
  try {
    return fstatSync(fd);
  } catch {
    return {}; // it is closed
  }
}
