/**
 * An MQTT 5 broker inside this process: aedes. Needs nothing installed.
 *
 * @module
 */
import { Aedes, type AedesOptions } from "aedes";
import { Aedes as OldAedes } from "aedes-3.1.1";
import { Buffer } from "node:buffer";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** A broker of a test. */
export interface TestBroker extends AsyncDisposable {
  /** For the names of tests. */
  readonly kind: "embedded" | "mosquitto";
  readonly url: string;
  readonly port: number;
}

/** The embedded broker, with what only it can do. */
export interface EmbeddedBroker extends TestBroker {
  readonly aedes: Aedes;
  /** Cuts every connection, as a network failure would. */
  disconnectAll(): void;
  /** Cuts the connection of one client. */
  disconnect(clientId: string): void;
}

/** Starts a broker on a free port, or on `port`. */
export async function embeddedBroker(
  { port = 0, tls, ...options }: AedesOptions & { port?: number; tls?: TlsOptions } = {},
): Promise<EmbeddedBroker> {
  return await listenWith(await Aedes.createBroker(options), port, tls);
}

/** Starts a broker that knows MQTT 3.1.1 only. */
export async function oldBroker(): Promise<EmbeddedBroker> {
  return await listenWith(await OldAedes.createBroker() as unknown as Aedes, 0);
}

async function listenWith(aedes: Aedes, port: number, tls?: TlsOptions): Promise<EmbeddedBroker> {
  const sockets = new Set<Socket>();
  const handle = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => sockets.delete(socket));
    readWhole(socket);
    aedes.handle(socket);
  };
  const server: Server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  await listen(server, port);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The broker has no port");
  const clients = new Map<string, { destroy(): void }>();
  aedes.on("client", ({ id, conn }) => clients.set(id, conn as { destroy(): void }));
  const disconnectAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    kind: "embedded",
    aedes,
    url: `${tls === undefined ? "mqtt" : "mqtts"}://127.0.0.1:${address.port}`,
    port: address.port,
    disconnectAll,
    disconnect: (clientId) => clients.get(clientId)?.destroy(),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      disconnectAll();
      await closed;
    },
  };
}

/**
 * Makes `read()` give everything that is there. aedes reads once for each "readable" event; in Deno that is one chunk,
 * and the rest of a large packet would stay where it is until the next packet comes.
 */
function readWhole(socket: Socket): void {
  const read = socket.read.bind(socket);
  socket.read = (size?: number | null) => {
    if (size !== undefined && size !== null) return read(size);
    const chunks: Buffer[] = [];
    for (let chunk = read(); chunk !== null; chunk = read()) chunks.push(chunk);
    return chunks.length === 0 ? null : Buffer.concat(chunks);
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
}
