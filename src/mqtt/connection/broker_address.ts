/**
 * Where a broker is, by its URL, and how TLS reaches it.
 *
 * TLS is Node's, since Deno's own takes neither another server name nor any certificate.
 *
 * @module
 */
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { TlsSettings } from "./connection.ts";

/** The ports that the schemes stand for. */
const PORTS: Readonly<Record<string, number>> = { "mqtt:": 1883, "mqtts:": 8883, "ws:": 80, "wss:": 443 };

/** Whether the connection is one over TLS. */
export function isEncrypted({ protocol }: URL): boolean {
  return protocol === "mqtts:" || protocol === "wss:";
}

/** The port; that of the scheme when the URL has none. */
export function portOf({ protocol, port }: URL): number {
  return Number(port) || (PORTS[protocol] ?? 0);
}

/** The host as the system wants it: an IPv6 address without its brackets. */
export function hostnameOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** The options of a connection to `host`. */
export function tlsOptions(
  host: string,
  port: number,
  { ca, cert, key, servername, insecure = false }: TlsSettings,
): ConnectionOptions {
  const expected = servername ?? host;
  return {
    host,
    port,
    rejectUnauthorized: !insecure,
    ...(isIP(expected) === 0 ? { servername: expected } : {}), // an address is no name that could be asked for
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: key.reveal() }),
  };
}
