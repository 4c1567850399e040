/**
 * Whether a broker's certificate is trusted, and how long it is valid.
 *
 * @module
 */
import { orAborted } from "../../core/waiting.ts";
import { errorText } from "../../core/text.ts";
import { type BrokerCertificate, type BrokerSettings, inspectCertificate } from "../../mqtt/mod.ts";
import type { Finding } from "./finding.ts";

/** A certificate that expires within this many days is reported. */
const SOON = 30;

/** The findings about the certificate; none when the connection is not encrypted. */
export async function certificateFindings(broker: BrokerSettings, signal: AbortSignal): Promise<Finding[]> {
  const name = "certificate";
  try {
    const certificate = await orAborted(inspectCertificate(broker), signal);
    return certificate === undefined ? [] : [certificateFinding(certificate, broker.tls?.insecure === true)];
  } catch (error) {
    signal.throwIfAborted();
    return [{
      name,
      value: errorText(error),
      verdict: "problem",
      meaning: "the broker cannot be reached, or does not speak TLS there",
    }];
  }
}

function certificateFinding({ subject, validTo, distrust }: BrokerCertificate, insecure: boolean): Finding {
  const days = Math.floor((validTo.getTime() - Date.now()) / 86_400_000);
  const value = `${subject}; valid until ${validTo.toISOString().slice(0, 10)} (${days} days)`;
  const finding = { name: "certificate", value };
  if (distrust !== undefined) {
    return insecure
      ? { ...finding, verdict: "note", meaning: `not trusted (${distrust}), but --insecure-tls accepts any` }
      : { ...finding, verdict: "problem", meaning: `not trusted (${distrust}): see --ca and --tls-servername` };
  }
  return days < SOON
    ? { ...finding, verdict: "note", meaning: "trusted, but has to be renewed soon" }
    : { ...finding, verdict: "ok", meaning: "trusted" };
}
