/**
 * A websocket as a byte stream (RFC 6455). MQTT packets need not be aligned with its frames (MQTT 5.0, section 6).
 *
 * @module
 */
import { concatBytes } from "../../core/bytes.ts";
import type { Socket } from "./socket.ts";
import { SocketReader } from "./socket_reader.ts";

/** The server appends this to the key of the handshake and returns the hash (RFC 6455, section 1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

const FINAL = 0x80;
const MASKED = 0x80;

/** The target of a websocket handshake. */
export interface WebSocketTarget {
  /** Host and port, as the `Host` header has them. */
  readonly host: string;
  /** Path and query. */
  readonly path: string;
  /** Further headers of the handshake. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Opens a websocket on a connection.
 *
 * @throws {Error} when the server refuses the handshake
 */
export async function openWebSocket(socket: Socket, { host, path, headers }: WebSocketTarget): Promise<Socket> {
  const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: mqtt",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  await socket.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  const reader = new SocketReader(socket);
  const [status = "", ...answered] = (await reader.head("the websocket handshake")).split("\r\n");
  const code = /^HTTP\/1\.[01] (\d{3})/.exec(status)?.[1];
  if (code === undefined) throw new Error("what listens there does not speak websocket; perhaps MQTT: mqtt://");
  if (code !== "101") throw new Error(`the websocket handshake was answered with ${status.slice(9)}${remedy(code)}`);
  const accepted = answered.find((line) => /^sec-websocket-accept:/i.test(line))?.split(":")[1]?.trim();
  if (accepted !== await acceptOf(key)) throw new Error("the websocket handshake was answered by somebody else");
  return new WebSocketStream(socket, reader);
}

function remedy(code: string): string {
  if (code === "401" || code === "403") return "; check --header, and --username and --password-file";
  if (code === "404") return "; check the path of the URL, which often is /mqtt";
  return "";
}

async function acceptOf(key: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + GUID));
  return btoa(String.fromCharCode(...new Uint8Array(hash)));
}

class WebSocketStream implements Socket {
  readonly #socket: Socket;
  readonly #reader: SocketReader;
  /** How many bytes of the current frame's payload have not been read. */
  #left = 0;

  constructor(socket: Socket, reader: SocketReader) {
    this.#socket = socket;
    this.#reader = reader;
  }

  async read(): Promise<Uint8Array | undefined> {
    while (this.#left === 0) {
      if (!await this.#nextFrame()) return undefined;
    }
    const payload = await this.#reader.some(this.#left);
    if (payload !== undefined) this.#left -= payload.length;
    return payload;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#socket.write(frame(BINARY, bytes));
  }

  async endWriting(): Promise<void> {
    await this.#socket.write(frame(CLOSE, Uint8Array.of(1000 >> 8, 1000 & 0xff)));
  }

  close(): void {
    this.#socket.close();
  }

  /** Reads up to the payload of the next data frame. Returns whether there is one. */
  async #nextFrame(): Promise<boolean> {
    const [first, second] = await this.#reader.exactly(2) ?? [];
    if (first === undefined || second === undefined) return false;
    const opcode = first & 0x0f;
    if ((first & 0x70) !== 0 || (second & MASKED) !== 0) {
      throw new Error("the broker sent a websocket frame that it may not send");
    }
    const length = await this.#length(second);
    if (opcode === CONTINUATION || opcode === BINARY || opcode === TEXT) {
      this.#left = length;
      return true;
    }
    if (length > 125) throw new Error("the broker sent a websocket control frame that is too long");
    const payload = await this.#reader.exactly(length) ?? new Uint8Array();
    if (opcode === CLOSE) {
      await this.#socket.write(frame(CLOSE, payload)).catch(() => {}); // the server may have closed the connection
      return false;
    }
    if (opcode === PING) await this.#socket.write(frame(PONG, payload));
    return true;
  }

  async #length(second: number): Promise<number> {
    const short = second & 0x7f;
    if (short < 126) return short;
    const bytes = await this.#reader.exactly(short === 126 ? 2 : 8) ?? [];
    return [...bytes].reduce((length, byte) => length * 256 + byte, 0);
  }
}

/** A frame. A client has to mask its frames (RFC 6455, section 5.3). */
function frame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const size = length < 126 ? [length] : length < 0x1_0000 ? [126, length >>> 8, length & 0xff] : [
    127,
    0,
    0,
    0,
    Math.floor(length / 2 ** 32),
    length >>> 24 & 0xff,
    length >>> 16 & 0xff,
    length >>> 8 & 0xff,
    length & 0xff,
  ];
  const [first = 0, ...rest] = size;
  const mask = crypto.getRandomValues(new Uint8Array(4));
  const masked = new Uint8Array(length);
  for (let index = 0; index < length; index++) masked[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
  const head = Uint8Array.of(FINAL | opcode, MASKED | first, ...rest);
  return concatBytes([head, mask, masked], head.length + mask.length + length);
}
