/**
 * What the settings of the connection get from elsewhere: from the files that they name, which hold certificates, keys,
 * passwords and tokens, from a command, and from the usual variables for a proxy.
 *
 * @module
 */
import { errorText, readTextFile } from "../core/text.ts";
import { UsageError } from "../core/usage_error.ts";
import type { BrokerOptions } from "./broker_settings.ts";
import { brokerUrls } from "./broker_url.ts";
import { isPem } from "./certificates.ts";
import { readableByOthers } from "./file_access.ts";
import { isSealKey } from "./seal_settings.ts";
import { keyOf } from "./secret_command.ts";
import { isGiven } from "./setting.ts";

/** The settings with the files that they name read. */
export interface ReadBrokerOptions extends BrokerOptions {
  /** What the user ought to know of the files, each a sentence. */
  readonly fileWarnings?: readonly string[];
  /** Said behind why the broker cannot be reached. */
  readonly advice?: string | undefined;
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
      problems.push(`${flag} ${file} cannot be read: ${errorText(error)}`);
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
  const proxy = values.proxy === undefined ? environmentProxy(values.broker) : { url: values.proxy };
  return {
    ...values,
    ca,
    cert,
    key: values.keyCommand === undefined ? keyFile : await printedKey(values.keyCommand),
    tlsKey,
    password,
    headers,
    fileWarnings: warnings.filter((warning) => warning !== undefined),
    proxy: proxy.url,
    advice: proxy.advice,
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
function environmentProxy(broker: string): { readonly url?: string | undefined; readonly advice?: string } {
  const [host] = brokerUrls(broker).map((url) => new URL(url)).filter(({ protocol }) => protocol === "wss:");
  if (host === undefined) return {};
  if (!mayRead("HTTPS_PROXY")) return { advice: PROXY_ADVICE };
  const proxy = variable("HTTPS_PROXY") ?? variable("https_proxy");
  const exceptions = (variable("NO_PROXY") ?? variable("no_proxy") ?? "").split(",").map((name) => name.trim());
  const direct = exceptions.some((name) => {
    const suffix = name.replace(/^\*?\.?/, "").toLowerCase();
    return name === "*" || (suffix !== "" && (host.hostname === suffix || host.hostname.endsWith(`.${suffix}`)));
  });
  return { url: direct ? undefined : proxy };
}

const PROXY_ADVICE = "HTTPS_PROXY may not be read here: if a proxy leads to the broker, add --proxy, or " +
  "--allow-env=HTTPS_PROXY,NO_PROXY to deno run";

function mayRead(variable: string): boolean {
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted";
}

/** A variable that may be read; `undefined` when it may not, or is empty. */
function variable(name: string): string | undefined {
  return mayRead(name) ? Deno.env.get(name) || undefined : undefined;
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
