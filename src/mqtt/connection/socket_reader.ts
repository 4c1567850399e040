/**
 * Reading the answers of proxies and websocket servers, which come before MQTT.
 *
 * @module
 */
import { concatBytes } from "../../core/bytes.ts";
import type { Socket } from "./socket.ts";

/** Longest head of an HTTP response, in bytes. */
const LONGEST_HEAD = 16 * 1024;

/** Reads the wanted number of bytes from a connection, and keeps the rest. */
export class SocketReader {
  readonly #socket: Pick<Socket, "read">;
  #rest: Uint8Array = new Uint8Array();

  constructor(socket: Pick<Socket, "read">) {
    this.#socket = socket;
  }

  /** Exactly `count` bytes; `undefined` when the connection ends before. */
  async exactly(count: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length < count) {
      if (!await this.#more()) return undefined;
    }
    return this.#take(count);
  }

  /** The bytes that have arrived, or the next ones; at most `atMost`. */
  async some(atMost: number): Promise<Uint8Array | undefined> {
    if (this.#rest.length === 0 && !await this.#more()) return undefined;
    return this.#take(Math.min(atMost, this.#rest.length));
  }

  /**
   * The head of an HTTP response, without the empty line after it.
   *
   * @param what the request that is answered, for the error
   * @throws {Error} when there is none
   */
  async head(what: string): Promise<string> {
    while (true) {
      const text = new TextDecoder("latin1").decode(this.#rest.subarray(0, LONGEST_HEAD));
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.#take(end + 4);
        return text.slice(0, end);
      }
      // If it is not HTTP, there is no use in waiting for the rest.
      if (this.#rest.length >= LONGEST_HEAD || !"HTTP/1.".startsWith(text.slice(0, 7))) return "";
      const more = await this.#more().catch((error) => {
        if (!/reset/i.test(String(error))) throw error; // an error such as a TLS alert says more than a reset does
        return false;
      });
      if (!more) throw new Error(`the connection was closed during ${what}`);
    }
  }

  async #more(): Promise<boolean> {
    const chunk = await this.#socket.read();
    if (chunk === undefined) return false;
    this.#rest = this.#rest.length === 0 ? chunk : concatBytes([this.#rest, chunk], this.#rest.length + chunk.length);
    return true;
  }

  #take(count: number): Uint8Array {
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }
}
