/**
 * TLS as Node.js wants it to be told. It is Node's, since Deno's takes neither another server name nor any certificate.
 *
 * @module
 */
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { TlsSettings } from "./connection.ts";

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
