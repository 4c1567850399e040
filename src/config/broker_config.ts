/**
 * Builds the configuration of the broker connection from its settings.
 *
 * @module
 */
import { Secret } from "../core/secret.ts";
import { UsageError } from "../core/usage_error.ts";
import {
  type BrokerAddress,
  type BrokerPreset,
  type BrokerSettings,
  isEncrypted,
  isWebSocket,
  presetOf,
  type QoS,
  type TlsSettings,
  type UserProperties,
} from "../mqtt/mod.ts";
import type { ReadBrokerOptions } from "./broker_files.ts";
import type { BrokerOptions } from "./broker_settings.ts";
import { brokerUrls } from "./broker_url.ts";
import { brokerWarnings } from "./broker_warnings.ts";
import { certificateProblems } from "./certificates.ts";
import { isSealKey } from "./seal_settings.ts";
import { isGiven } from "./setting.ts";
import { passwordOf } from "./secret_command.ts";

/** Everything about the connection, validated. */
export interface BrokerConfig {
  readonly broker: BrokerSettings;
  readonly preset: BrokerPreset;
  /** The client id that the user has set. */
  readonly clientId: string | undefined;
  readonly protocolVersion: 4 | 5 | undefined;
  readonly qos: QoS | "auto";
  /** The private key that seals our sessions, as the text of its file. */
  readonly sealKey?: Secret | undefined;
  /** The user properties that the user has set for CONNECT and messages. */
  readonly userProperties?: UserProperties | undefined;
  /** Warnings for the user, each a sentence. */
  readonly warnings: readonly string[];
}

/**
 * Builds the configuration of the connection.
 *
 * @param given the settings with their files read
 * @param flags the flags that were given, to warn of a password that other users can see
 * @throws {UsageError} when settings contradict each other
 */
export function brokerConfig(given: ReadBrokerOptions, flags: Readonly<Record<string, unknown>> = {}): BrokerConfig {
  const problems: string[] = [];
  const { sealKey, values } = keysApart(given);
  if (sealKey === undefined && given.key !== undefined && given.tlsKey !== undefined) {
    problems.push("--key and --tls-key are both keys of TLS: give one of them");
  }
  const urls = brokerUrls(values.broker).map((url) => new URL(url));
  const wholes = urls.map((url) => ({ url, ...login(values, url, flags) }));
  if (values.passwordCommand !== undefined && wholes.some(({ password }) => password !== undefined)) {
    problems.push("a password and --password-command are given: remove one of them");
  }
  problems.push(...tlsProblems(values, urls), ...wayProblems(values, urls));
  if (problems.length > 0) throw new UsageError(problems);

  const warnings = brokerWarnings(values, urls, flags, wholes);
  const [first, ...others] = wholes.map(address);
  if (first === undefined) throw new UsageError(["--broker names no broker"]);
  const preset = presetOf(values.brokerPreset);
  const { passwordCommand, proxy } = values;
  const headers = toHeaders(values.headers ?? []);
  return {
    broker: {
      ...first,
      keepAlive: values.keepAlive,
      tls: tlsSettings(values),
      ...(others.length === 0 ? {} : { others }),
      ...(headers === undefined ? {} : { headers }),
      ...(proxy === undefined ? {} : { proxy: new Secret(proxy) }),
      ...(passwordCommand === undefined ? {} : { freshPassword: () => passwordOf(passwordCommand) }),
      ...(given.advice === undefined ? {} : { advice: given.advice }),
    },
    preset: values.maxPacket === undefined ? preset : { ...preset, maximumPacketSize: values.maxPacket },
    clientId: values.clientId,
    protocolVersion: values.mqttVersion,
    qos: values.qos,
    ...(sealKey === undefined ? {} : { sealKey: new Secret(sealKey) }),
    ...(values.userProperties === undefined ? {} : { userProperties: values.userProperties }),
    warnings: [...warnings, ...given.fileWarnings ?? []],
  };
}

/** Tells which key `--key` gave: that of a client certificate, or one that seals sessions. */
function keysApart(values: BrokerOptions): { readonly sealKey: string | undefined; readonly values: BrokerOptions } {
  const { key, tlsKey } = values;
  if (key === undefined || !isSealKey(key)) return { sealKey: undefined, values: { ...values, key: key ?? tlsKey } };
  return { sealKey: key, values: { ...values, key: tlsKey } };
}

/** The address of a broker, without username and password in its URL. */
function address(
  { url, username, password }: { url: URL; username: string | undefined; password: string | undefined },
): BrokerAddress {
  if (url.protocol !== "unix:") {
    url.username = "";
    url.password = "";
  }
  return {
    url: url.href.replace(/\/$/, ""),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: new Secret(password) }),
  };
}

/** The headers by name. The values are secrets, because a header may hold a token. */
function toHeaders(headers: readonly string[]): Readonly<Record<string, Secret>> | undefined {
  if (headers.length === 0) return undefined;
  return Object.fromEntries(headers.map((header) => {
    const [name = "", value = ""] = header.split(/:\s*(.*)/s, 2);
    return [name, new Secret(value)];
  }));
}

/** Contradictions between the settings of the network path to the broker. */
function wayProblems({ alpn, headers = [], proxy }: BrokerOptions, urls: readonly URL[]): string[] {
  const problems: string[] = [];
  if (alpn !== undefined && !urls.some(isEncrypted)) problems.push("--alpn is for TLS: use mqtts:// or wss://");
  if (headers.length > 0 && !urls.some(isWebSocket)) problems.push("--header is for websockets: use ws:// or wss://");
  if (proxy !== undefined && urls.some(({ protocol }) => protocol === "unix:")) {
    problems.push("--proxy does not lead to a unix: socket");
  }
  return problems;
}

/**
 * Username and password. Flags win over the environment, and so does a URL that `--broker` gives. Otherwise the
 * settings win over the URL.
 */
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

function tlsProblems(values: BrokerOptions, urls: readonly URL[]): string[] {
  const problems = certificateProblems(values);
  const wanted = [values.ca, values.cert, values.key, values.tlsServername].some((value) => value !== undefined);
  if (!urls.some(isEncrypted) && (wanted || values.insecureTls)) {
    problems.push(
      `TLS settings are given, but --broker is not encrypted: use mqtts:// or wss://, not ${urls[0]?.protocol}//`,
    );
  }
  return problems;
}

function tlsSettings({ ca, cert, key, tlsServername, alpn, insecureTls }: BrokerOptions): TlsSettings {
  return {
    insecure: insecureTls,
    ...(alpn === undefined ? {} : { alpn }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: new Secret(key) }),
    ...(tlsServername === undefined ? {} : { servername: tlsServername }),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % is a character like any other
  }
}
