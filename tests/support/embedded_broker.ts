/**
 * An MQTT 5 broker inside this process: aedes. Needs nothing installed.
 *
 * @module
 */
import { Aedes, type AedesOptions } from "aedes";
import { Buffer } from "node:buffer";
import { createServer, type Server, type Socket } from "node:net";

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
}

/** Starts a broker on a free port, or on `port`. */
export async function embeddedBroker(
  { port = 0, ...options }: AedesOptions & { port?: number } = {},
): Promise<EmbeddedBroker> {
  const aedes = await Aedes.createBroker(options);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => sockets.delete(socket));
    readEverything(socket);
    aedes.handle(socket);
  });
  await listen(server, port);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The broker has no port");
  const disconnectAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    kind: "embedded",
    aedes,
    url: `mqtt://127.0.0.1:${address.port}`,
    port: address.port,
    disconnectAll,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      disconnectAll();
      await closed;
    },
  };
}

/**
 * Makes one `read()` give all that has arrived. Deno's gives the first chunk of it, and aedes reads once for each
 * "readable" event, which does not come again while something is left: a large packet would never arrive.
 */
function readEverything(socket: Socket): void {
  const readChunk = socket.read.bind(socket);
  socket.read = (size?: number) => {
    const chunks: Buffer[] = [];
    for (let chunk = readChunk(size); chunk !== null; chunk = readChunk(size)) chunks.push(chunk);
    return chunks.length === 0 ? null : Buffer.concat(chunks);
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
}
