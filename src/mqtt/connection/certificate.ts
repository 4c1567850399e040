/**
 * The TLS certificate that a broker presents.
 *
 * @module
 */
import type { PeerCertificate } from "node:tls";
import { hostnameOf, isEncrypted, portOf } from "./broker_address.ts";
import type { BrokerSettings } from "./connection.ts";

/** A broker's certificate. */
export interface BrokerCertificate {
  /** `CN=broker.example.com, O=Example`. */
  readonly subject: string;
  readonly validTo: Date;
  /** Why the certificate is not trusted, in OpenSSL's words; `undefined` when it is trusted. */
  readonly distrust: string | undefined;
}

/** How long a broker may take to present its certificate, in ms. */
const TIMEOUT = 10_000;

/**
 * Reads a broker's certificate without an MQTT connection.
 *
 * @returns `undefined` when the connection is not encrypted
 * @throws {Error} when nobody listens there, or it does not speak TLS
 */
export async function inspectCertificate({ url, tls = {} }: BrokerSettings): Promise<BrokerCertificate | undefined> {
  const address = new URL(url);
  if (!isEncrypted(address)) return undefined;
  const { connect } = await import("node:tls");
  const { tlsOptions } = await import("./tls_socket.ts");
  // An untrusted certificate is reported, too. So the handshake accepts any.
  const options = tlsOptions(hostnameOf(address), portOf(address), { ...tls, insecure: true });
  return await new Promise((resolve, reject) => {
    const socket = connect(options, () => {
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
