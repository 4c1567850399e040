/**
 * Warnings about connection settings that are valid but risky.
 *
 * @module
 */
import type { BrokerOptions } from "./broker_settings.ts";
import { isGiven } from "./setting.ts";

/** A placeholder that a host should have replaced by a value: `${NAME}`, `${env:NAME}`, `${input:name}`. */
const PLACEHOLDER = /^\$\{[^{}]*\}$/;

/**
 * The warnings, each a sentence.
 *
 * @param flags the flags that were given: other users of the machine can see them
 * @param logins username and password for each broker
 */
export function brokerWarnings(
  { insecureTls }: BrokerOptions,
  urls: readonly URL[],
  flags: Readonly<Record<string, unknown>>,
  logins: readonly { readonly password: string | undefined }[],
): string[] {
  const warnings: string[] = [];
  if (logins.some(({ password = "" }) => PLACEHOLDER.test(password))) {
    warnings.push(
      "the password has the form ${...}: the host has not filled it in. Set that variable where the host is started, or " +
        "use --password-file",
    );
  }
  if (insecureTls) {
    warnings.push(
      "--insecure-tls: the broker's certificate is NOT CHECKED, anybody in between can read and change everything",
    );
  }
  if (isGiven(flags.password)) {
    warnings.push("--password can be seen by every user of this machine; use --password-file or MQTT_PASSWORD");
  }
  if (isGiven(flags.broker) && urls.some(({ password }) => password !== "")) {
    warnings.push(
      "the password in --broker can be seen by every user of this machine; use --password-file or MQTT_URL",
    );
  }
  if (isGiven(flags.proxy) && /:\/\/[^/]*:[^/]*@/.test(String(flags.proxy))) {
    warnings.push("the password in --proxy can be seen by every user of this machine; use MQTT_PROXY");
  }
  if (
    [flags.headers ?? []].flat().some((text) =>
      /^(proxy-)?authorization:/i.test(String(text)) && !/@\S+$/.test(String(text))
    )
  ) {
    warnings.push("the token in --header can be seen by every user of this machine; use @FILE or MQTT_HEADER");
  }
  return warnings;
}
