/**
 * Broker, username and password as credentials. SMCP and the environment use the same keys for them.
 *
 * No error message of this file repeats a value.
 *
 * @module
 */
import { type Redact, redactor } from "../core/redaction.ts";
import { type Credentials, Secret } from "../core/secret.ts";
import { UsageError } from "../core/usage_error.ts";
import { isEncrypted, portOf } from "../mqtt/mod.ts";
import type { LogOptions } from "../observe/mod.ts";
import { type BrokerConfig, brokerConfig } from "./broker_config.ts";
import { type BrokerOptions, CONNECTION_SETTINGS, type ConnectionOptions } from "./broker_settings.ts";
import { BROKER_SCHEMES } from "./broker_url.ts";
import { isPem } from "./certificates.ts";
import { canonicalKey } from "./credential_names.ts";
import { clientIdProblem, InvalidValue, onOff, text } from "./kinds.ts";
import { filled } from "./placeholders.ts";
import { isSealKey, sealKeyIn } from "./seal_settings.ts";

/** A credential that is missing or cannot work. The message begins with its key. */
export class CredentialError extends Error {
  override readonly name = "CredentialError";

  constructor(key: CredentialKey, problem: string) {
    super(`${key} ${problem}`);
  }
}

/** The required keys, with their descriptions. */
const REQUIRED = {
  MQTT_BROKER: "Host name or address of the MQTT broker, or its URL (mqtt://, mqtts://, ws:// or wss://)",
};

const OPTIONAL = {
  MQTT_PORT: "Port of the broker (default: 1883, or 8883 with TLS)",
  MQTT_USER: "User to log in as",
  MQTT_PASS: "Password of the user",
  MQTT_CLIENT_ID: "MQTT client id (default: a random one)",
  MQTT_TLS: "Whether to use TLS: true or false (default: false)",
  MQTT_CA: "Certificates to trust instead of the system's, as PEM text",
  MQTT_CERT: "Client certificate for mutual TLS, as PEM text",
  MQTT_KEY: "Private key of the client certificate, as PEM text",
  MQTT_SEAL_KEY: "Private key that seals sessions (serve and connect), as mcp-mqtt-proxy key new writes it",
  LOG_LEVEL: "Least important level to log: DEBUG, INFO, WARNING or ERROR",
};

/** The name of a credential. */
export type CredentialKey = keyof typeof REQUIRED | keyof typeof OPTIONAL;

/** What `--credentials-schema` prints. */
export const CREDENTIALS_SCHEMA = { required: REQUIRED, optional: OPTIONAL };

/** The names of all credentials. */
export const CREDENTIAL_KEYS = [...Object.keys(REQUIRED), ...Object.keys(OPTIONAL)] as readonly CredentialKey[];

/** The flags that set the same as credentials. */
export const LOGIN_FLAGS = [
  "broker",
  "username",
  "passwordFile",
  "password",
  "passwordCommand",
  "clientId",
  "ca",
  "cert",
  "key",
  "keyCommand",
  "tlsKey",
] as const;

/** Keys whose values are not redacted: they are no secrets, and as common words they would be replaced everywhere. */
const PLAIN_KEYS: readonly string[] = ["MQTT_PORT", "MQTT_TLS", "LOG_LEVEL"];

/** The broker connection and settings that credentials describe. */
export interface BrokerLogin {
  readonly broker: BrokerConfig;
  readonly logLevel: LogOptions["logLevel"] | undefined;
  /** Keys that are not known. */
  readonly unknownKeys: readonly string[];
  /** Keys of other programs that stand for one of ours which is missing: the given name, and our name. */
  readonly misnamedKeys: readonly (readonly [given: string, meant: CredentialKey])[];
  /** Replaces the credentials in a text. */
  readonly redact: Redact;
}

/** The options of a connection when broker, username and password come as credentials. */
type LoginConnection = ConnectionOptions & Partial<Pick<BrokerOptions, "qos">>;

/**
 * Reads credentials. An empty value counts as not given.
 *
 * @throws {CredentialError} for the first key that is missing or malformed
 */
export function readBrokerLogin(credentials: Credentials, connection: LoginConnection): BrokerLogin {
  const misnamedKeys = misnamed(credentials);
  try {
    return { ...loginOf(credentials, connection), misnamedKeys };
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    const [given] = misnamedKeys.find(([, meant]) => error.message.startsWith(`${meant} is required`)) ?? [];
    if (given !== undefined) error.message += `; ${given} means nothing here`;
    throw error;
  }
}

function misnamed(credentials: Credentials): BrokerLogin["misnamedKeys"] {
  return unknown(credentials).flatMap((given) => {
    const meant = CREDENTIAL_KEYS.find((key) => key === canonicalKey(given));
    const needed = meant !== undefined && (credentials.get(meant)?.reveal() ?? "") === "";
    return needed ? [[given, meant] as const] : [];
  });
}

function unknown(credentials: Credentials): string[] {
  return [...credentials.keys()].filter((key) => !(CREDENTIAL_KEYS as readonly string[]).includes(key));
}

function loginOf(credentials: Credentials, connection: LoginConnection): Omit<BrokerLogin, "misnamedKeys"> {
  const value = (key: CredentialKey) => credentials.get(key)?.reveal() || undefined;
  const url = brokerUrlFrom(value);
  const encrypted = isEncrypted(url);
  const [ca, cert, key] = [pem(value("MQTT_CA")), pem(value("MQTT_CERT")), pem(value("MQTT_KEY"))];
  const sealKey = pem(value("MQTT_SEAL_KEY"));
  if (sealKey !== undefined && !isSealKey(sealKey)) {
    throw new CredentialError("MQTT_SEAL_KEY", "must be a private key that mcp-mqtt-proxy key new has made");
  }
  checkTls({ MQTT_CA: ca, MQTT_CERT: cert, MQTT_KEY: key }, encrypted);
  if (!encrypted && (connection.insecureTls || connection.tlsServername !== undefined)) {
    throw new CredentialError("MQTT_TLS", "must be true, since options for TLS are given");
  }
  const clientId = filledClientId(value("MQTT_CLIENT_ID"));
  const idProblem = clientId && clientIdProblem(clientId);
  if (idProblem) throw new CredentialError("MQTT_CLIENT_ID", idProblem);
  const [username, password] = [value("MQTT_USER"), value("MQTT_PASS")];
  if ((password ?? url.password) !== "" && (username ?? url.username) === "") {
    throw new CredentialError("MQTT_USER", "is required with MQTT_PASS");
  }
  const config = withKeyNames(() =>
    brokerConfig({
      qos: "auto",
      ...connection,
      broker: url.href,
      username,
      password,
      passwordFile: undefined,
      clientId,
      ca,
      cert,
      key: sealKey,
      tlsKey: key,
    })
  );
  const redact = redactor([
    ...[...credentials].filter(([key]) => !PLAIN_KEYS.includes(key)),
    ["MQTT_BROKER", new Secret(url.hostname)],
    ["MQTT_USER", new Secret(config.broker.username ?? "")],
    ["MQTT_PASS", config.broker.password ?? new Secret("")],
    ["MQTT_SEAL_KEY", new Secret(sealKeyIn(sealKey ?? ""))],
  ]);
  return {
    broker: { ...config, broker: { ...config.broker, redact: (text) => nameKeys(redact(text)) } },
    logLevel: logLevel(value("LOG_LEVEL")),
    unknownKeys: unknown(credentials),
    redact,
  };
}

function filledClientId(text: string | undefined): string | undefined {
  try {
    return text && anyText.fromText(text);
  } catch (error) {
    if (error instanceof InvalidValue) throw new CredentialError("MQTT_CLIENT_ID", error.message);
    throw error;
  }
}

const anyText = filled(text);

/** Replaces flags in problems by the names of the credentials that set the same. */
function withKeyNames(read: () => BrokerConfig): BrokerConfig {
  try {
    return read();
  } catch (error) {
    const [problem = ""] = error instanceof UsageError ? error.problems : [];
    const [, flag = "", rest = ""] = /^(--[a-z-]+) (.*)$/s.exec(problem) ?? [];
    const key = KEYS[flag];
    if (key === undefined) throw error;
    throw new CredentialError(key, nameKeys(rest));
  }
}

/**
 * The credentials in an environment. Also those under common names that are not ours, so that a message can point to
 * our name.
 */
export function environmentCredentials(environment: (name: string) => string | undefined): Credentials {
  const found = new Map<string, Secret>();
  for (const key of [...CREDENTIAL_KEYS, "MQTT_USERNAME", "MQTT_PASSWORD", "MQTT_HOST", "MQTT_URL"]) {
    const value = environment(key);
    const known = CREDENTIAL_KEYS.find((one) => one === key) ?? canonicalKey(key) ?? key;
    if (value !== undefined && value !== "" && (known === key || !found.has(known))) found.set(key, new Secret(value));
  }
  return found;
}

/** The keys of the credentials, by the flags that set the same. */
const KEYS: Readonly<Record<string, CredentialKey>> = {
  "--broker": "MQTT_BROKER",
  "--username": "MQTT_USER",
  "--password-file": "MQTT_PASS",
  "--password": "MQTT_PASS",
  "--client-id": "MQTT_CLIENT_ID",
  "--ca": "MQTT_CA",
  "--cert": "MQTT_CERT",
  "--key": "MQTT_KEY",
  "--tls-key": "MQTT_KEY",
};

/**
 * The environment variables of the other connection settings, by flag. A host that starts the command without arguments
 * can set only variables.
 */
const VARIABLES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values(CONNECTION_SETTINGS).map(({ flag, environment = "" }) => [flag.split(" ")[0] ?? flag, environment]),
);

/**
 * Replaces the flags in a text about a connection by keys and variables, which are what a user with credentials can
 * set.
 */
function nameKeys(text: string): string {
  return text.replaceAll(/--[a-z][a-z-]*/g, (flag) => {
    const variable = VARIABLES[flag];
    return KEYS[flag] ?? (variable === undefined ? flag : `${flag} (as a variable: ${variable})`);
  });
}

/** PEM text. Where a file or a form has turned its line breaks into `\\n`, they are restored. */
function pem(text: string | undefined): string | undefined {
  return text?.replaceAll(/(?:\\r)?\\n/g, "\n");
}

function tlsWanted(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  try {
    return onOff.fromText(text);
  } catch (error) {
    // The setting's own error would repeat the value.
    if (error instanceof InvalidValue) throw new CredentialError("MQTT_TLS", "must be true or false");
    throw error;
  }
}

/**
 * The broker URL from `MQTT_BROKER`, `MQTT_PORT` and `MQTT_TLS`.
 *
 * @throws {CredentialError} for the first that is missing or malformed
 */
export function brokerUrlFrom(value: (key: CredentialKey) => string | undefined): URL {
  const [broker, portText] = [value("MQTT_BROKER"), value("MQTT_PORT")];
  const tls = tlsWanted(value("MQTT_TLS"));
  if (broker === undefined) throw new CredentialError("MQTT_BROKER", "is required");
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    throw new CredentialError("MQTT_PORT", "must be a whole number from 1 to 65535");
  }
  const url = parseBroker(broker, tls);
  if (tls !== undefined && tls !== isEncrypted(url)) {
    throw new CredentialError("MQTT_TLS", "contradicts the beginning of the URL in MQTT_BROKER");
  }
  if (url.port === "") {
    const isMqtt = url.protocol === "mqtt:" || url.protocol === "mqtts:";
    if (port !== undefined || isMqtt) url.port = String(port ?? portOf(url));
  } else if (port !== undefined && url.port !== String(port)) {
    throw new CredentialError("MQTT_PORT", "contradicts the port in MQTT_BROKER");
  }
  return url;
}

function parseBroker(broker: string, tls: boolean | undefined): URL {
  const bare = !broker.includes("://");
  const isIpv6 = bare && broker.split(":").length > 2 && !broker.startsWith("[");
  const scheme = tls === true ? "mqtts" : "mqtt";
  const url = URL.parse(bare ? `${scheme}://${isIpv6 ? `[${broker}]` : broker}` : broker);
  const valid = url !== null && url.hostname !== "" && BROKER_SCHEMES.includes(url.protocol) &&
    !(bare && /[\s/?#@]/.test(broker));
  if (!valid) {
    throw new CredentialError("MQTT_BROKER", "must be a host name, an address, or an mqtt(s):// or ws(s):// URL");
  }
  return url;
}

function checkTls(pem: Readonly<Partial<Record<CredentialKey, string | undefined>>>, encrypted: boolean): void {
  for (const [key, text] of Object.entries(pem) as [CredentialKey, string | undefined][]) {
    if (text === undefined) continue;
    if (!isPem(text)) throw new CredentialError(key, "must be PEM text, with -----BEGIN in it");
    if (!encrypted) throw new CredentialError(key, "is for TLS: set MQTT_TLS to true");
  }
  if (pem.MQTT_CERT !== undefined && pem.MQTT_KEY === undefined) {
    throw new CredentialError("MQTT_KEY", "is required with MQTT_CERT");
  }
  if (pem.MQTT_KEY !== undefined && pem.MQTT_CERT === undefined) {
    throw new CredentialError("MQTT_CERT", "is required with MQTT_KEY");
  }
}

const LEVELS: Readonly<Record<string, BrokerLogin["logLevel"]>> = {
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warning",
  ERROR: "error",
};

function logLevel(text: string | undefined): BrokerLogin["logLevel"] {
  if (text === undefined) return undefined;
  const level = LEVELS[text.toUpperCase()];
  if (level === undefined) throw new CredentialError("LOG_LEVEL", "must be DEBUG, INFO, WARNING or ERROR");
  return level;
}
