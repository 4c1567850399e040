/**
 * Connecting to a broker through a proxy: HTTP CONNECT (RFC 9110, section 9.3.6) or SOCKS 5 (RFC 1928, RFC 1929).
 *
 * @module
 */
import type { Socket } from "./socket.ts";
import { SocketReader } from "./socket_reader.ts";

/** The connection to a proxy. */
type Line = Pick<Socket, "read" | "write">;

/** What a SOCKS 5 proxy answers when it does not connect (RFC 1928, section 6). */
const SOCKS_REPLIES = [
  "",
  "it has failed",
  "its rules do not allow that",
  "the network cannot be reached",
  "the host cannot be reached",
  "the connection was refused",
  "it took too long",
  "it does not know the command",
  "it does not know this kind of address",
];

/** The port of the proxy; 80 for HTTP or 1080 for SOCKS when its URL has none. */
export function proxyPort({ protocol, port }: URL): number {
  return Number(port) || (protocol === "http:" ? 80 : 1080);
}

/**
 * Asks the proxy for a connection to `host`. After that, bytes from `line` come from `host`.
 *
 * @throws {Error} when the proxy does not connect
 */
export async function throughProxy(line: Line, proxy: URL, host: string, port: number): Promise<void> {
  const connect = proxy.protocol === "http:" ? httpConnect : socksConnect;
  try {
    await connect(line, proxy, host, port);
  } catch (error) {
    throw new Error(`the proxy ${proxy.host} does not connect: ${error instanceof Error ? error.message : error}`);
  }
}

async function httpConnect(line: Line, proxy: URL, host: string, port: number): Promise<void> {
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const [user, password] = [decodeURIComponent(proxy.username), decodeURIComponent(proxy.password)];
  const login = user === "" ? [] : [`Proxy-Authorization: Basic ${btoa(`${user}:${password}`)}`];
  const head = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`, ...login];
  await line.write(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`));
  const [status = ""] = (await new SocketReader(line).head("CONNECT")).split("\r\n");
  const code = /^HTTP\/1\.[01] (\d{3})/.exec(status)?.[1];
  if (code === undefined) throw new Error("it does not speak HTTP; perhaps SOCKS: socks5://");
  if (code === "407") throw new Error("it wants a login: http://USER:PASSWORD@HOST:PORT");
  if (!code.startsWith("2")) throw new Error(`it answers ${status.slice(9)}`);
}

async function socksConnect(line: Line, proxy: URL, host: string, port: number): Promise<void> {
  const reader = new SocketReader(line);
  const answer = async (count: number) => {
    const bytes = await reader.exactly(count);
    if (bytes === undefined) throw new Error("it has closed the connection");
    return bytes;
  };
  const encode = (text: string) => {
    const bytes = new TextEncoder().encode(decodeURIComponent(text)).subarray(0, 255);
    return [bytes.length, ...bytes];
  };
  const login = proxy.username !== "";
  await line.write(Uint8Array.of(5, login ? 2 : 1, 0, ...(login ? [2] : [])));
  const [version, method] = await answer(2);
  if (version !== 5) throw new Error("it does not speak SOCKS 5; perhaps HTTP: http://");
  if (method === 2) {
    await line.write(Uint8Array.of(1, ...encode(proxy.username), ...encode(proxy.password)));
    if ((await answer(2))[1] !== 0) throw new Error("it does not accept the login");
  } else if (method !== 0) {
    throw new Error("it wants a login: socks5://USER:PASSWORD@HOST:PORT");
  }
  await line.write(Uint8Array.of(5, 1, 0, 3, ...encode(encodeURIComponent(host)), port >> 8, port & 0xff));
  const [, reply = 1, , kind] = await answer(4);
  if (reply !== 0) throw new Error(SOCKS_REPLIES[reply] ?? `it answers ${reply}`);
  const length = kind === 1 ? 4 : kind === 4 ? 16 : (await answer(1))[0] ?? 0;
  await answer(length + 2); // the address and port that the proxy uses
}
