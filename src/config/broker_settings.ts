/**
 * The settings of the connection to the broker.
 *
 * @module
 */
import { Secret } from "../core/secret.ts";
import { UsageError } from "../core/usage_error.ts";
import {
  BROKER_PROFILES,
  type BrokerProfile,
  type BrokerProfileName,
  type BrokerSettings,
  type QoS,
  type TlsSettings,
} from "../mqtt/mod.ts";
import { bytes, oneOf, onOff, optionalText, topicLevel, wholeNumber } from "./schemas.ts";
import { setting, type Values } from "./setting.ts";

const PROFILE_NAMES = Object.keys(BROKER_PROFILES) as BrokerProfileName[];

/** How to reach the broker. */
export const BROKER_SETTINGS = {
  broker: setting({
    flag: "--broker <url>",
    environment: "MQTT_URL",
    description: "mqtt://, mqtts://, ws:// or wss:// URL; may hold username:password@",
    schema: optionalText,
    fallback: "mqtt://127.0.0.1:1883",
  }),
  username: setting({
    flag: "--username <name>",
    environment: "MQTT_USERNAME",
    description: "user to log in as",
    schema: optionalText,
  }),
  passwordFile: setting({
    flag: "--password-file <file>",
    environment: "MQTT_PASSWORD_FILE",
    description: "file whose first line is the password",
    schema: optionalText,
  }),
  password: setting({
    flag: "--password <text>",
    environment: "MQTT_PASSWORD",
    description: "the password; as a flag, every user of this machine can see it",
    schema: optionalText,
  }),
  clientId: setting({
    flag: "--client-id <id>",
    environment: "MQTT_CLIENT_ID",
    description: "MQTT client id; a random one by default",
    schema: topicLevel,
  }),
  qos: setting({
    flag: "--qos <level>",
    environment: "MQTT_QOS",
    description: "QoS of MCP messages: auto, 0, 1 or 2",
    schema: oneOf(["auto", "0", "1", "2"]),
    fallback: "auto",
  }),
  keepalive: setting({
    flag: "--keepalive <seconds>",
    environment: "MQTT_KEEPALIVE",
    description: "longest silence before the broker is asked for a sign of life; 0 for never",
    schema: wholeNumber(0, 65_535),
    fallback: "60",
  }),
  ca: setting({
    flag: "--ca <file>",
    environment: "MQTT_CA",
    description: "PEM file of the certificates to trust, instead of the system's",
    schema: optionalText,
  }),
  cert: setting({
    flag: "--cert <file>",
    environment: "MQTT_CERT",
    description: "PEM file of the client certificate, for mutual TLS",
    schema: optionalText,
  }),
  key: setting({
    flag: "--key <file>",
    environment: "MQTT_KEY",
    description: "PEM file of the client certificate's private key",
    schema: optionalText,
  }),
  tlsServername: setting({
    flag: "--tls-servername <name>",
    environment: "MQTT_TLS_SERVERNAME",
    description: "name to expect in the broker's certificate, when it is not the URL's host",
    schema: optionalText,
  }),
  insecureTls: setting({
    flag: "--insecure-tls",
    environment: "MQTT_INSECURE_TLS",
    description: "accept any certificate: whoever is in between can read and change everything",
    schema: onOff,
  }),
  brokerProfile: setting({
    flag: "--broker-profile <name>",
    environment: "MQTT_BROKER_PROFILE",
    description: `what is known of the broker: ${PROFILE_NAMES.join(", ")}`,
    schema: oneOf(PROFILE_NAMES),
    fallback: "standard",
  }),
  maxPacket: setting({
    flag: "--max-packet <bytes>",
    environment: "MQTT_MAX_PACKET",
    description: "largest packet the broker takes, when it does not say so itself",
    schema: bytes().optional(),
  }),
  mqttVersion: setting({
    flag: "--mqtt-version <version>",
    environment: "MQTT_VERSION",
    description: "5, 4 (which is 3.1.1), or auto: 5 unless the broker knows only 4",
    schema: oneOf(["auto", "5", "4"]),
    fallback: "auto",
  }),
};

const { keepalive, tlsServername, insecureTls, brokerProfile, maxPacket, mqttVersion } = BROKER_SETTINGS;

/** The part of {@linkcode BROKER_SETTINGS} that remains when the broker and the login come as credentials. */
export const CONNECTION_SETTINGS = { keepalive, tlsServername, insecureTls, brokerProfile, maxPacket, mqttVersion };

/** Everything about the connection, validated, with the files read. */
export interface BrokerConfig {
  readonly broker: BrokerSettings;
  readonly profile: BrokerProfile;
  /** The client id that was asked for. */
  readonly clientId: string | undefined;
  readonly protocolVersion: 4 | 5 | undefined;
  readonly qos: QoS | "auto";
  /** What the user ought to know, each a sentence. */
  readonly warnings: readonly string[];
}

type BrokerValues = Values<typeof BROKER_SETTINGS>;

/** A name, possibly with letters beyond ASCII as the URL spells them, or an IPv6 address between brackets. */
const HOST = /^(?:[\w.~%-]+|\[[\da-f:.]+\])$/i;

/** What the URL of a broker may begin with. */
export const BROKER_SCHEMES: readonly string[] = ["mqtt:", "mqtts:", "ws:", "wss:"];

/**
 * The settings with the files that they name read: certificates and key as PEM text, the password in its place.
 *
 * @throws {UsageError} when a file cannot be read
 */
export async function readBrokerFiles(values: BrokerValues): Promise<BrokerValues> {
  const problems: string[] = [];
  const read = async (flag: string, file: string | undefined): Promise<string | undefined> => {
    // A variable may hold the certificate itself, as secret stores hand it out.
    if (file === undefined || isPem(file)) return file;
    try {
      return await Deno.readTextFile(file);
    } catch (error) {
      problems.push(`${flag} cannot be read: ${error instanceof Error ? error.message : error}`);
    }
  };
  const [ca, cert, key, passwordFile] = await Promise.all([
    read("--ca", values.ca),
    read("--cert", values.cert),
    read("--key", values.key),
    read("--password-file", values.passwordFile),
  ]);
  if (problems.length > 0) throw new UsageError(problems);
  return { ...values, ca, cert, key, password: passwordFile?.split(/\r?\n/, 1)[0] ?? values.password };
}

/**
 * Puts the settings of the connection together.
 *
 * @param values with their files read
 * @param flags the flags that were given, to tell a password that others can see
 * @throws {UsageError} when they contradict each other
 */
export function brokerConfig(values: BrokerValues, flags: Readonly<Record<string, unknown>> = {}): BrokerConfig {
  const problems: string[] = [];
  const url = parseBrokerUrl(values.broker ?? "", problems);
  const username = values.username ?? (decode(url?.username) || undefined);
  const password = values.password ?? (decode(url?.password) || undefined);
  if (password !== undefined && username === undefined) {
    problems.push("a password is given but no username: add --username");
  }
  problems.push(...tlsProblems(values, url));
  if (url === undefined || problems.length > 0) throw new UsageError(problems);

  url.username = "";
  url.password = "";
  const profile = BROKER_PROFILES[values.brokerProfile];
  return {
    broker: {
      url: url.href.replace(/\/$/, ""),
      keepAlive: values.keepalive,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: new Secret(password) }),
      tls: tlsSettings(values),
    },
    profile: values.maxPacket === undefined ? profile : { ...profile, maximumPacketSize: values.maxPacket },
    clientId: values.clientId,
    protocolVersion: values.mqttVersion === "auto" ? undefined : values.mqttVersion === "5" ? 5 : 4,
    qos: values.qos === "auto" ? "auto" : Number(values.qos) as QoS,
    warnings: warningsOf(values, flags),
  };
}

function tlsProblems(values: BrokerValues, url: URL | undefined): string[] {
  const problems: string[] = [];
  if ((values.cert === undefined) !== (values.key === undefined)) {
    problems.push("--cert and --key are the two halves of a client certificate: give both or none");
  }
  for (const [flag, text] of Object.entries({ "--ca": values.ca, "--cert": values.cert, "--key": values.key })) {
    if (text !== undefined && !isPem(text.trimStart())) problems.push(`${flag} is not PEM: it has no "-----BEGIN"`);
  }
  const wanted = [values.ca, values.cert, values.key, values.tlsServername].some((value) => value !== undefined);
  const encrypted = url?.protocol === "mqtts:" || url?.protocol === "wss:";
  if (url !== undefined && !encrypted && (wanted || values.insecureTls)) {
    problems.push(
      `TLS settings are given, but --broker is not encrypted: use mqtts:// or wss://, not ${url.protocol}//`,
    );
  }
  return problems;
}

function tlsSettings({ ca, cert, key, tlsServername, insecureTls }: BrokerValues): TlsSettings {
  return {
    insecure: insecureTls,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: new Secret(key) }),
    ...(tlsServername === undefined ? {} : { servername: tlsServername }),
  };
}

function warningsOf({ insecureTls }: BrokerValues, flags: Readonly<Record<string, unknown>>): string[] {
  const warnings: string[] = [];
  if (insecureTls) {
    warnings.push(
      "--insecure-tls: the broker's certificate is NOT CHECKED, anybody in between can read and change everything",
    );
  }
  if (flags.password !== undefined) {
    warnings.push("--password can be seen by every user of this machine; use --password-file or MQTT_PASSWORD");
  }
  return warnings;
}

/** PEM files may begin with a description of what they hold. */
function isPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}

function parseBrokerUrl(text: string, problems: string[]): URL | undefined {
  const url = URL.parse(text);
  if (url === null || !BROKER_SCHEMES.includes(url.protocol)) {
    const shown = text.replace(/^([^:@]*:\/\/)?.*@/s, "$1…@"); // what is before an @ may be a password
    problems.push(`--broker must be a URL that begins with mqtt://, mqtts://, ws:// or wss://; it is "${shown}"`);
    return undefined;
  }
  if (url.hostname === "") problems.push("--broker has no host");
  else if (!HOST.test(url.hostname)) problems.push("--broker has a host that is neither a name nor an address");
  return url;
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % is a character like any other
  }
}
