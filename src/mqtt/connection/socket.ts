/**
 * The network below MQTT: TCP, and texts for network errors.
 *
 * @module
 */
import { slabReader, writeAll } from "../../core/byte_streams.ts";

/** A byte stream in both directions. */
export interface Socket {
  /** The next bytes, which the caller may keep; `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Writes all of `bytes`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Tells the other end that nothing more will be written. Reading goes on. */
  endWriting(): Promise<void>;
  close(): void;
}

const SMALLEST_READ = 8 * 1024;

/** Connects by TCP. */
export async function openTcp(hostname: string, port: number, signal: AbortSignal): Promise<Socket> {
  const connection = await connectToAny(hostname, port, signal);
  connection.setNoDelay(true);
  return toSocket(connection);
}

/** Connects to a unix socket. */
export async function openUnix(path: string, signal: AbortSignal): Promise<Socket> {
  const connection = await Deno.connect({ transport: "unix", path });
  if (signal.aborted) connection.close();
  signal.throwIfAborted();
  return toSocket(connection);
}

function toSocket(connection: Deno.Conn): Socket {
  return {
    read: slabReader((into) => connection.read(into), SMALLEST_READ),
    write: (bytes) => writeAll(connection, bytes),
    endWriting: () => connection.closeWrite(),
    close: () => connection.close(),
  };
}

/** Connects to the first address of the host name, and to the others if that fails: Deno itself tries only one. */
async function connectToAny(hostname: string, port: number, signal: AbortSignal): Promise<Deno.TcpConn> {
  try {
    return await Deno.connect({ hostname, port, signal });
  } catch (error) {
    if (signal.aborted || /^[\d.]+$|:/.test(hostname) || error instanceof Deno.errors.NotCapable) throw error;
    const { lookup } = await import("node:dns/promises");
    const addresses = await lookup(hostname, { all: true }).catch(() => []);
    for (const { address } of addresses) {
      try {
        return await Deno.connect({ hostname: address, port, signal });
      } catch {
        signal.throwIfAborted(); // the first failure says what is wrong
      }
    }
    throw error;
  }
}

/** Remedies for failed TLS handshakes, by the error text of the platform. */
const TLS_REMEDIES: readonly [problem: RegExp, remedy: string][] = [
  [
    /self-signed|unable to (get|verify)|issuer/i,
    "if an authority of your own has signed it, name its certificate by --ca",
  ],
  [
    /during the TLS handshake|before secure TLS|InvalidContentType|wrong version|ECONNRESET|received corrupt message/i,
    "perhaps what listens there does not speak TLS: then the URL begins with mqtt:// or ws://",
  ],
  [
    /during the websocket handshake/,
    "perhaps what listens there speaks MQTT without websockets: then the URL begins with mqtt:// or mqtts://",
  ],
  [/altnames/, "if the broker is known by another name, give that by --tls-servername"],
  [/alert: ?CertificateRequired/, "the broker wants a client certificate: --cert and --key"],
  [/alert: ?(UnknownCA|(Bad|Unsupported|Unknown)?Certificate)/, "the broker does not accept the certificate in --cert"],
];

/** The text of an error, with a remedy where one is known. */
export function networkErrorText(error: Error): string {
  // An AggregateError has one error for each address of a host, and no message of its own.
  if (error.message === "" && error instanceof AggregateError) return error.errors.map(String).join("; ");
  const remedy = TLS_REMEDIES.find(([problem]) => problem.test(error.message))?.[1];
  return remedy === undefined ? error.message : `${error.message}; ${remedy}`;
}
