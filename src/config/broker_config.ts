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
  type BrokerAddress,
  type BrokerPreset,
  type BrokerSettings,
  isEncrypted,
  isWebSocket,
  presetOf,
  type QoS,
  type TlsSettings,
} from "../mqtt/mod.ts";
import type { BrokerOptions } from "./broker_settings.ts";
import { brokerUrls } from "./broker_url.ts";
import { certificateProblems, isPem } from "./certificates.ts";
import { readableByOthers } from "./file_access.ts";
import { isSealKey } from "./seal_settings.ts";
import { keyOf, passwordOf } from "./secret_command.ts";

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
): Promise<ReadBrokerOptions> {
  const problems: string[] = [];
  const secrets: [flag: string, file: string][] = [];
  const read = async (flag: string, file: string | undefined): Promise<string | undefined> => {
    // A variable may hold the certificate itself, as secret stores hand it out.
    if (file === undefined || isPem(file) || isSealKey(file)) return file;
    try {
      return await readTextFile(file);
    } catch (error) {
      problems.push(`${flag} cannot be read: ${errorText(error)}`);
    }
  };
  const readSecret = (flag: string, file: string | undefined) => {
    if (file !== undefined && !isPem(file) && !isSealKey(file)) secrets.push([flag, file]);
    return read(flag, file);
  };
  const [ca, cert, keyFile, tlsKey, passwordFile] = await Promise.all([
    read("--ca", values.ca),
    read("--cert", values.cert),
    readSecret("--key", values.key),
    readSecret("--tls-key", values.tlsKey),
    readSecret("--password-file", isGivenByFlag(flags) ? undefined : values.passwordFile),
  ]);
  const password = passwordFile?.split(/\r?\n/, 1)[0] ?? values.password;
  if (password === "") problems.push("--password-file has no password in its first line");
  const headers = await Promise.all((values.headers ?? []).map((header) => withToken(header, read)));
  if (values.key !== undefined && values.keyCommand !== undefined) {
    problems.push("--key and --key-command are given: remove one of them");
  }
  if (problems.length > 0) throw new UsageError(problems);
  const warnings = await Promise.all(secrets.map(([flag, file]) => readableByOthers(flag, file)));
  return {
    ...values,
    ca,
    cert,
    key: values.keyCommand === undefined ? keyFile : await printedKey(values.keyCommand),
    tlsKey,
    password,
    headers,
    fileWarnings: warnings.filter((warning) => warning !== undefined),
    proxy: values.proxy ?? environmentProxy(values.broker),
  };
}

/** A header with the first line of the file that it names in the place of its name. */
async function withToken(
  header: string,
  read: (flag: string, file: string) => Promise<string | undefined>,
): Promise<string> {
  const [, start = "", file] = /^([^:]+:.*?)(?:(?<=[:\s])@(\S+))?$/s.exec(header) ?? [];
  if (file === undefined) return header;
  const [token = ""] = (await read("the file of --header", file) ?? "").split(/\r?\n/, 1);
  return start + token;
}

/** The proxy that other programs use as well, by the usual variables; for websockets over TLS, which are HTTPS. */
function environmentProxy(broker: string): string | undefined {
  const [host] = brokerUrls(broker).map((url) => new URL(url)).filter(({ protocol }) => protocol === "wss:");
  if (host === undefined) return undefined;
  const proxy = variable("HTTPS_PROXY") ?? variable("https_proxy");
  const exceptions = (variable("NO_PROXY") ?? variable("no_proxy") ?? "").split(",").map((name) => name.trim());
  const direct = exceptions.some((name) => {
    const suffix = name.replace(/^\*?\.?/, "").toLowerCase();
    return name === "*" || (suffix !== "" && (host.hostname === suffix || host.hostname.endsWith(`.${suffix}`)));
  });
  return direct ? undefined : proxy;
}

/** A variable that may be read; `undefined` when it may not, or is empty. */
function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) || undefined : undefined;
}

/** The settings with the files that they name read. */
export interface ReadBrokerOptions extends BrokerOptions {
  /** What the user ought to know of the files, each a sentence. */
  readonly fileWarnings?: readonly string[];
}

async function printedKey(command: string): Promise<string> {
  try {
    const key = await keyOf(command);
    if (isPem(key) || isSealKey(key)) return key;
  } catch (error) {
    throw new UsageError([errorText(error)]);
  }
  throw new UsageError(["--key-command prints no private key: neither one of key new, nor one as PEM text"]);
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

  const warnings = warningsOf(values, urls, flags, wholes);
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
    },
    preset: values.maxPacket === undefined ? preset : { ...preset, maximumPacketSize: values.maxPacket },
    clientId: values.clientId,
    protocolVersion: values.mqttVersion,
    qos: values.qos,
    ...(sealKey === undefined ? {} : { sealKey: new Secret(sealKey) }),
    warnings: [...warnings, ...given.fileWarnings ?? []],
  };
}

/** `--key` is what its file holds: the key of a client certificate, or one that seals sessions. */
function keysApart(values: BrokerOptions): { readonly sealKey: string | undefined; readonly values: BrokerOptions } {
  const { key, tlsKey } = values;
  if (key === undefined || !isSealKey(key)) return { sealKey: undefined, values: { ...values, key: key ?? tlsKey } };
  return { sealKey: key, values: { ...values, key: tlsKey } };
}

/** A broker without the login in its URL. */
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

/** A header may hold a token. */
function toHeaders(headers: readonly string[]): Readonly<Record<string, Secret>> | undefined {
  if (headers.length === 0) return undefined;
  return Object.fromEntries(headers.map((header) => {
    const [name = "", value = ""] = header.split(/:\s*(.*)/s, 2);
    return [name, new Secret(value)];
  }));
}

/** What does not go together on the way to the broker. */
function wayProblems({ alpn, headers = [], proxy }: BrokerOptions, urls: readonly URL[]): string[] {
  const problems: string[] = [];
  if (alpn !== undefined && !urls.some(isEncrypted)) problems.push("--alpn is for TLS: use mqtts:// or wss://");
  if (headers.length > 0 && !urls.some(isWebSocket)) problems.push("--header is for websockets: use ws:// or wss://");
  if (proxy !== undefined && urls.some(({ protocol }) => protocol === "unix:")) {
    problems.push("--proxy does not lead to a unix: socket");
  }
  return problems;
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

/** What hosts put a variable's value in the place of: `${NAME}`, `${env:NAME}`, `${input:name}`. */
const PLACEHOLDER = /^\$\{[^{}]*\}$/;

function warningsOf(
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

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % is a character like any other
  }
}
