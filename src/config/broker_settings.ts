/**
 * The settings of the connection to the broker.
 *
 * @module
 */
import { errorText } from "../core/text.ts";
import { Secret } from "../core/secret.ts";
import { UsageError } from "../core/usage_error.ts";
import {
  BROKER_PRESETS,
  type BrokerPreset,
  type BrokerPresetName,
  type BrokerSettings,
  isEncrypted,
  type QoS,
  type TlsSettings,
} from "../mqtt/mod.ts";
import { certificateProblems, isPem } from "./certificates.ts";
import { brokerUrl, bytes, oneOf, onOff, optionalText, topicLevel, wholeNumber } from "./schemas.ts";
import { setting, type Values } from "./setting.ts";

const PRESET_NAMES = Object.keys(BROKER_PRESETS) as BrokerPresetName[];

/** How to reach the broker. */
export const BROKER_SETTINGS = {
  broker: setting({
    flag: "--broker <url>",
    environment: "MQTT_URL",
    description: "mqtt://, mqtts://, ws:// or wss:// URL; may hold username:password@",
    schema: brokerUrl,
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
  brokerPreset: setting({
    flag: "--broker-preset <name>",
    environment: "MQTT_BROKER_PRESET",
    description: `what is known of the broker: ${PRESET_NAMES.join(", ")}`,
    schema: oneOf(PRESET_NAMES),
    formerly: { flag: "--broker-profile", environment: "MQTT_BROKER_PROFILE" },
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

const { keepalive, tlsServername, insecureTls, brokerPreset, maxPacket, mqttVersion } = BROKER_SETTINGS;

/** The part of {@linkcode BROKER_SETTINGS} that remains when the broker and the login come as credentials. */
export const CONNECTION_SETTINGS = { keepalive, tlsServername, insecureTls, brokerPreset, maxPacket, mqttVersion };

/** Everything about the connection, validated, with the files read. */
export interface BrokerConfig {
  readonly broker: BrokerSettings;
  readonly preset: BrokerPreset;
  /** The client id that was asked for. */
  readonly clientId: string | undefined;
  readonly protocolVersion: 4 | 5 | undefined;
  readonly qos: QoS | "auto";
  /** What the user ought to know, each a sentence. */
  readonly warnings: readonly string[];
}

type BrokerValues = Values<typeof BROKER_SETTINGS>;

/**
 * The settings with the files that they name read: certificates and key as PEM text, the password in its place.
 *
 * @param flags the flags that were given, which win over a file that the environment names
 * @throws {UsageError} when a file cannot be read
 */
export async function readBrokerFiles(
  values: BrokerValues,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<BrokerValues> {
  const problems: string[] = [];
  const read = async (flag: string, file: string | undefined): Promise<string | undefined> => {
    // A variable may hold the certificate itself, as secret stores hand it out.
    if (file === undefined || isPem(file)) return file;
    try {
      return await Deno.readTextFile(file);
    } catch (error) {
      problems.push(`${flag} cannot be read: ${errorText(error)}`);
    }
  };
  const [ca, cert, key, passwordFile] = await Promise.all([
    read("--ca", values.ca),
    read("--cert", values.cert),
    read("--key", values.key),
    read("--password-file", isGivenByFlag(flags) ? undefined : values.passwordFile),
  ]);
  const password = passwordFile?.split(/\r?\n/, 1)[0] ?? values.password;
  if (password === "") problems.push("--password-file has no password in its first line");
  if (problems.length > 0) throw new UsageError(problems);
  return { ...values, ca, cert, key, password };
}

/** Whether the password is one that was given by its flag, and not by that of its file, which is the safer of the two. */
function isGivenByFlag({ password, passwordFile }: Readonly<Record<string, unknown>>): boolean {
  return given(password) && !given(passwordFile);
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
  const url = new URL(values.broker);
  const { username, password } = login(values, url, flags);
  if (password !== undefined && username === undefined) {
    problems.push("a password is given but no username: add --username");
  }
  problems.push(...tlsProblems(values, url));
  if (problems.length > 0) throw new UsageError(problems);

  const warnings = warningsOf(values, url, flags);
  url.username = "";
  url.password = "";
  const preset = BROKER_PRESETS[values.brokerPreset];
  return {
    broker: {
      url: url.href.replace(/\/$/, ""),
      keepAlive: values.keepalive,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: new Secret(password) }),
      tls: tlsSettings(values),
    },
    preset: values.maxPacket === undefined ? preset : { ...preset, maximumPacketSize: values.maxPacket },
    clientId: values.clientId,
    protocolVersion: values.mqttVersion === "auto" ? undefined : values.mqttVersion === "5" ? 5 : 4,
    qos: values.qos === "auto" ? "auto" : Number(values.qos) as QoS,
    warnings,
  };
}

/** Username and password, which may come from three places: flags win over the environment, and settings over the URL. */
function login(
  { username, password }: BrokerValues,
  url: URL,
  flags: Readonly<Record<string, unknown>>,
): { username: string | undefined; password: string | undefined } {
  const inUrl = { username: decode(url.username) || undefined, password: decode(url.password) || undefined };
  const passwordFlag = given(flags.password) || given(flags.passwordFile);
  const urlWins = given(flags.broker);
  return {
    username: urlWins && !given(flags.username) ? inUrl.username ?? username : username ?? inUrl.username,
    password: urlWins && !passwordFlag ? inUrl.password ?? password : password ?? inUrl.password,
  };
}

function given(flag: unknown): boolean {
  return flag !== undefined && flag !== "";
}

function tlsProblems(values: BrokerValues, url: URL): string[] {
  const problems = certificateProblems(values);
  const wanted = [values.ca, values.cert, values.key, values.tlsServername].some((value) => value !== undefined);
  if (!isEncrypted(url) && (wanted || values.insecureTls)) {
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

function warningsOf({ insecureTls }: BrokerValues, url: URL, flags: Readonly<Record<string, unknown>>): string[] {
  const warnings: string[] = [];
  if (insecureTls) {
    warnings.push(
      "--insecure-tls: the broker's certificate is NOT CHECKED, anybody in between can read and change everything",
    );
  }
  if (given(flags.password)) {
    warnings.push("--password can be seen by every user of this machine; use --password-file or MQTT_PASSWORD");
  }
  if (given(flags.broker) && url.password !== "") {
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
