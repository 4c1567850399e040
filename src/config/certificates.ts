/**
 * Checks of certificates and keys before they are used with a broker.
 *
 * @module
 */
import type { X509Certificate } from "node:crypto";

/** Certificates and a key as PEM text. */
export interface CertificateTexts {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The problems of certificates and key, each a sentence that names the flag. No sentence repeats any of the texts. */
export function certificateProblems({ ca, cert, key }: CertificateTexts): string[] {
  const problems: string[] = [];
  if ((cert === undefined) !== (key === undefined)) {
    problems.push("--cert and --key are the two halves of a client certificate: give both or none");
  }
  const notPem = Object.entries({ "--ca": ca, "--cert": cert, "--key": key })
    .filter(([, text]) => text !== undefined && !isPem(text));
  problems.push(...notPem.map(([flag]) => `${flag} is not PEM: it has no "-----BEGIN"`));
  if (problems.length > 0) return problems;

  if (ca !== undefined && firstCertificate(ca) === undefined) {
    problems.push("--ca holds no certificate that can be read");
  }
  const leaf = cert === undefined ? undefined : firstCertificate(cert);
  if (cert !== undefined && leaf === undefined) problems.push("--cert holds no certificate that can be read");
  if (key !== undefined) problems.push(...keyProblems(key, leaf));
  return problems;
}

/** Whether a text is PEM. A PEM file may begin with a description, so the marker can be anywhere. */
export function isPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}

/** Loads Node's `crypto` only when it is needed: it takes 20 ms, and most users have no certificates. */
function crypto(): typeof import("node:crypto") {
  // deno-lint-ignore no-process-global -- importing `process` would load the module that is to be avoided
  return process.getBuiltinModule("node:crypto");
}

function keyProblems(text: string, certificate: X509Certificate | undefined): string[] {
  if (/ENCRYPTED/.test(text)) {
    return ["--key is protected by a passphrase, which nobody is there to enter: decrypt it with openssl pkey"];
  }
  try {
    const key = crypto().createPrivateKey(text);
    const matches = certificate === undefined || certificate.checkPrivateKey(key);
    return matches ? [] : ["--key does not belong to the certificate in --cert"];
  } catch {
    return ["--key holds no private key that can be read"];
  }
}

/** The first certificate that can be parsed. A bundle may contain some that Node cannot parse. */
function firstCertificate(text: string): X509Certificate | undefined {
  for (const [block] of text.matchAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)) {
    try {
      return new (crypto().X509Certificate)(block);
    } catch {
      // Tries the next certificate.
    }
  }
}
