/**
 * The connection to the broker, put together from its settings.
 *
 * @module
 */
import { Secret } from "../core/secret.ts";
import { errorText } from "../core/text.ts";
import { readTextFile } from "../core/text_file.ts";
import { UsageError } from "../core/usage_error.ts";
import {
  type BrokerPreset,
  type BrokerSettings,
  isEncrypted,
  presetOf,
  type QoS,
  type TlsSettings,
} from "../mqtt/mod.ts";
import type { BrokerOptions } from "./broker_settings.ts";
import { certificateProblems, isPem } from "./certificates.ts";
import { isSealKey } from "./seal_settings.ts";

/** Everything about the connection, validated, with the files read. */
export interface BrokerConfig {
  readonly broker: BrokerSettings;
  readonly preset: BrokerPreset;
  /** The client id that was asked for. */
  readonly clientId: string | undefined;
  readonly protocolVersion: 4 | 5 | undefined;
  readonly qos: QoS | "auto";
  /** The private key that seals our sessions, as the text of its file. */
  readonly sealKey?: Secret | undefined;
  /** What the user ought to know, each a sentence. */
  readonly warnings: readonly string[];
}

/**
 * The settings with the files that they name read: certificates and key as PEM text, the password in its place.
 *
 * @param flags the flags that were given, which win over a file that the environment names
 * @throws {UsageError} when a file cannot be read
 */
export async function readBrokerFiles(
  values: BrokerOptions,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<BrokerOptions> {
  const problems: string[] = [];
  const read = async (flag: string, file: string | undefined): Promise<string | undefined> => {
    // A variable may hold the certificate itself, as secret stores hand it out.
    if (file === undefined || isPem(file) || isSealKey(file)) return file;
    try {
      return await readTextFile(file);
    } catch (error) {
      problems.push(`${flag} cannot be read: ${errorText(error)}`);
    }
  };
  const [ca, cert, key, tlsKey, passwordFile] = await Promise.all([
    read("--ca", values.ca),
    read("--cert", values.cert),
    read("--key", values.key),
    read("--tls-key", values.tlsKey),
    read("--password-file", isGivenByFlag(flags) ? undefined : values.passwordFile),
  ]);
  const password = passwordFile?.split(/\r?\n/, 1)[0] ?? values.password;
  if (password === "") problems.push("--password-file has no password in its first line");
  if (problems.length > 0) throw new UsageError(problems);
  return { ...values, ca, cert, key, tlsKey, password };
}

/** Whether the password is one that was given by its flag, and not by that of its file, which is the safer of the two. */
function isGivenByFlag({ password, passwordFile }: Readonly<Record<string, unknown>>): boolean {
  return isGiven(password) && !isGiven(passwordFile);
}

/**
 * Puts the settings of the connection together.
 *
 * @param given the settings with their files read
 * @param flags the flags that were given, to tell a password that others can see
 * @throws {UsageError} when they contradict each other
 */
export function brokerConfig(given: BrokerOptions, flags: Readonly<Record<string, unknown>> = {}): BrokerConfig {
  const problems: string[] = [];
  const { sealKey, values } = keysApart(given);
  if (sealKey === undefined && given.key !== undefined && given.tlsKey !== undefined) {
    problems.push("--key and --tls-key are both keys of TLS: give one of them");
  }
  const url = new URL(values.broker);
  const { username, password } = login(values, url, flags);
  if (password !== undefined && username === undefined) {
    problems.push("a password is given but no username: add --username");
  }
  problems.push(...tlsProblems(values, url));
  if (problems.length > 0) throw new UsageError(problems);

  const warnings = warningsOf(values, url, flags, password);
  url.username = "";
  url.password = "";
  const preset = presetOf(values.brokerPreset);
  return {
    broker: {
      url: url.href.replace(/\/$/, ""),
      keepAlive: values.keepAlive,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: new Secret(password) }),
      tls: tlsSettings(values),
    },
    preset: values.maxPacket === undefined ? preset : { ...preset, maximumPacketSize: values.maxPacket },
    clientId: values.clientId,
    protocolVersion: values.mqttVersion,
    qos: values.qos,
    ...(sealKey === undefined ? {} : { sealKey: new Secret(sealKey) }),
    warnings,
  };
}

/** `--key` is what its file holds: the key of a client certificate, or one that seals sessions. */
function keysApart(values: BrokerOptions): { readonly sealKey: string | undefined; readonly values: BrokerOptions } {
  const { key, tlsKey } = values;
  if (key === undefined || !isSealKey(key)) return { sealKey: undefined, values: { ...values, key: key ?? tlsKey } };
  return { sealKey: key, values: { ...values, key: tlsKey } };
}

/** Username and password, which may come from three places: flags win over the environment, and settings over the URL. */
function login(
  { username, password }: BrokerOptions,
  url: URL,
  flags: Readonly<Record<string, unknown>>,
): { username: string | undefined; password: string | undefined } {
  const inUrl = { username: decode(url.username) || undefined, password: decode(url.password) || undefined };
  const passwordFlag = isGiven(flags.password) || isGiven(flags.passwordFile);
  const urlWins = isGiven(flags.broker);
  return {
    username: urlWins && !isGiven(flags.username) ? inUrl.username ?? username : username ?? inUrl.username,
    password: urlWins && !passwordFlag ? inUrl.password ?? password : password ?? inUrl.password,
  };
}

function isGiven(flag: unknown): boolean {
  return flag !== undefined && flag !== "";
}

function tlsProblems(values: BrokerOptions, url: URL): string[] {
  const problems = certificateProblems(values);
  const wanted = [values.ca, values.cert, values.key, values.tlsServername].some((value) => value !== undefined);
  if (!isEncrypted(url) && (wanted || values.insecureTls)) {
    problems.push(
      `TLS settings are given, but --broker is not encrypted: use mqtts:// or wss://, not ${url.protocol}//`,
    );
  }
  return problems;
}

function tlsSettings({ ca, cert, key, tlsServername, insecureTls }: BrokerOptions): TlsSettings {
  return {
    insecure: insecureTls,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: new Secret(key) }),
    ...(tlsServername === undefined ? {} : { servername: tlsServername }),
  };
}

/** What hosts put a variable's value in the place of: `${NAME}`, `${env:NAME}`, `${input:name}`. */
const PLACEHOLDER = /^\$\{[^{}]*\}$/;

function warningsOf(
  { insecureTls }: BrokerOptions,
  url: URL,
  flags: Readonly<Record<string, unknown>>,
  password: string | undefined,
): string[] {
  const warnings: string[] = [];
  if (password !== undefined && PLACEHOLDER.test(password)) {
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
  if (isGiven(flags.broker) && url.password !== "") {
    warnings.push(
      "the password in --broker can be seen by every user of this machine; use --password-file or MQTT_URL",
    );
  }
  return warnings;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % is a character like any other
  }
}
