/**
 * TLS below MQTT. Node's TLS is used, since Deno's own can neither set another server name nor accept any certificate.
 *
 * Loading it takes 20 ms, and many connections do not use TLS. So this file is imported only when it is needed.
 *
 * @module
 */
import { connect as connectTcp, isIP, type Socket as NetSocket } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { TlsSettings } from "./connection.ts";
import { hostnameOf } from "./broker_address.ts";
import { proxyPort, throughProxy } from "./proxy.ts";
import type { Socket } from "./socket.ts";

/** The options of a connection to `host`. */
export function tlsOptions(
  host: string,
  port: number,
  { ca, cert, key, servername, alpn, insecure = false }: TlsSettings,
): ConnectionOptions {
  const expected = servername ?? host;
  return {
    host,
    port,
    rejectUnauthorized: !insecure,
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
    ...(isIP(expected) === 0 ? { servername: expected } : {}), // SNI does not allow an IP address
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: key.reveal() }),
  };
}

/** Connects by TLS, through a proxy if one is set. */
export async function openTls(
  host: string,
  port: number,
  tls: TlsSettings,
  signal: AbortSignal,
  proxy?: URL,
): Promise<Socket> {
  signal.throwIfAborted();
  const below = proxy === undefined ? {} : { socket: await tunnel(proxy, host, port, signal) };
  const socket = connect({ ...tlsOptions(host, port, tls), ...below });
  const stream = new TlsStream(socket);
  const abort = () => socket.destroy();
  signal.addEventListener("abort", abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("the connection was closed during the TLS handshake")));
    });
  } finally {
    signal.removeEventListener("abort", abort);
  }
  socket.setNoDelay(true);
  return stream;
}

/** A connection through a proxy. */
async function tunnel(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<NetSocket> {
  const socket = connectTcp({ host: hostnameOf(proxy), port: proxyPort(proxy) });
  const abort = () => socket.destroy();
  signal.addEventListener("abort", abort, { once: true });
  const event = (name: string) =>
    new Promise<void>((resolve, reject) => {
      const over = (settle: () => void) => () => {
        socket.off(name, happened).off("error", failed).off("close", closed);
        settle();
      };
      const happened = over(resolve);
      const failed = (error: Error) => over(() => reject(error))();
      const closed = over(() => reject(new Error("it has closed the connection")));
      socket.on(name, happened).on("error", failed).on("close", closed);
    });
  try {
    await event("connect");
    const read = async () => {
      while (true) {
        const chunk: Uint8Array | null = socket.read();
        if (chunk !== null) return chunk;
        await event("readable");
      }
    };
    const write = (bytes: Uint8Array) =>
      new Promise<void>((resolve, reject) => socket.write(bytes, (error) => error ? reject(error) : resolve()));
    await throughProxy({ read, write }, proxy, host, port);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

class TlsStream implements Socket {
  readonly #socket: TLSSocket;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #failure: Error | undefined;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    // A broker may refuse our certificate right after the handshake, before anybody reads.
    socket.on("error", (error) => this.#failure ??= error);
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#chunks ??= this.#socket[Symbol.asyncIterator]();
    const { value, done } = await this.#chunks.next();
    if (done !== true) return value;
    if (this.#failure !== undefined) throw this.#failure;
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  endWriting(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(resolve));
  }

  close(): void {
    this.#socket.destroy();
  }
}
