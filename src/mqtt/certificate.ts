/**
 * What a broker shows of itself on TLS.
 *
 * @module
 */
import { isIP } from "node:net";
import { connect, type PeerCertificate } from "node:tls";
import type { BrokerSettings } from "./connection.ts";

/** The certificate of a broker. */
export interface BrokerCertificate {
  /** `CN=broker.example.com, O=Example`. */
  readonly subject: string;
  readonly validTo: Date;
  /** Why it is not trusted, in OpenSSL's words; `undefined` when it is. */
  readonly distrust: string | undefined;
}

const PORTS: Readonly<Record<string, number>> = { "mqtts:": 8883, "wss:": 443 };

/** How long a broker may take to show its certificate, in ms. */
const TIMEOUT = 10_000;

/**
 * Looks at the certificate of a broker without logging in.
 *
 * @returns `undefined` when the connection is not encrypted
 * @throws {Error} when nobody is there, or does not speak TLS
 */
export function inspectCertificate({ url, tls }: BrokerSettings): Promise<BrokerCertificate | undefined> {
  const { protocol, hostname, port } = new URL(url);
  const standardPort = PORTS[protocol];
  if (standardPort === undefined) return Promise.resolve(undefined);
  const host = hostname.replace(/^\[|\]$/g, ""); // of an IPv6 address
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: port === "" ? standardPort : Number(port),
      servername: tls?.servername ?? (isIP(host) === 0 ? host : ""),
      // To look, not to trust.
      rejectUnauthorized: false,
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls?.key === undefined ? {} : { key: tls.key.reveal() }),
    }, () => {
      const { subject, valid_to } = socket.getPeerCertificate();
      const distrust = socket.authorized ? undefined : String(socket.authorizationError);
      resolve({ subject: nameOf(subject), validTo: new Date(valid_to), distrust });
      socket.destroy();
    });
    socket.setTimeout(TIMEOUT, () => socket.destroy(new Error(`No certificate came within ${TIMEOUT / 1000} s`)));
    socket.once("error", reject);
  });
}

function nameOf(subject: PeerCertificate["subject"]): string {
  return Object.entries(subject).toReversed().map(([name, value]) => `${name}=${value}`).join(", ");
}
