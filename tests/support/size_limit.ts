/**
 * A broker that takes only small packets, and does not say so.
 *
 * @module
 */
import { PacketSplitter, type RawPacket } from "../../src/mqtt/codec/packet_splitter.ts";

/** What becomes of a PUBLISH that is too large: its connection is closed, or it is acknowledged and dropped. */
export type WhenTooLarge = "close" | "drop";

const PUBLISH = 3;
const PUBACK = 4;

/** A proxy in front of a broker. */
export class SizeLimit implements AsyncDisposable {
  readonly port: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #target: number;
  readonly #limit: number;
  readonly #when: WhenTooLarge;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #work = new Set<Promise<void>>();

  constructor(target: number, limit: number, when: WhenTooLarge) {
    this.#target = target;
    this.#limit = limit;
    this.#when = when;
    this.port = this.#listener.addr.port;
    this.#work.add(this.#accept());
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) close(connection);
    await Promise.all(this.#work);
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) {
        const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
        const end = () => [client, server].forEach(close);
        for (const connection of [client, server]) this.#connections.add(connection);
        this.#work.add(this.#upstream(client, server).catch(() => {}).finally(end));
        this.#work.add(server.readable.pipeTo(client.writable).catch(() => {}).finally(end));
      }
    } catch {
      // The listener is closed.
    }
  }

  async #upstream(client: Deno.TcpConn, server: Deno.TcpConn): Promise<void> {
    const packets = new PacketSplitter();
    const writer = server.writable.getWriter();
    const buffer = new Uint8Array(64 * 1024);
    for (let read = await client.read(buffer); read !== null; read = await client.read(buffer)) {
      packets.push(buffer.slice(0, read));
      for (let packet = packets.next(); packet !== undefined; packet = packets.next()) {
        const tooLarge = (packet.bytes[0] ?? 0) >> 4 === PUBLISH && packet.bytes.length > this.#limit;
        if (!tooLarge) await writer.write(packet.bytes.slice());
        else if (this.#when === "close") return;
        else await acknowledge(packet, client);
      }
    }
  }
}

async function acknowledge({ bytes, body }: RawPacket, client: Deno.TcpConn): Promise<void> {
  if (((bytes[0] ?? 0) & 0b110) === 0) return;
  const identifier = body + 2 + (bytes[body] ?? 0) * 256 + (bytes[body + 1] ?? 0);
  await client.write(Uint8Array.of(PUBACK << 4, 2, bytes[identifier] ?? 0, bytes[identifier + 1] ?? 0));
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed.
  }
}
