/**
 * Values of the connection settings that come from elsewhere. Certificates, keys, passwords and tokens come from files,
 * a key also from a command. A proxy may come from the usual environment variables.
 *
 * @module
 */
import { errorText, readTextFile } from "../core/text.ts";
import { unreadable } from "../core/unreadable.ts";
import { UsageError } from "../core/usage_error.ts";
import type { BrokerOptions } from "./broker_settings.ts";
import { brokerUrls } from "./broker_url.ts";
import { isPem } from "./certificates.ts";
import { readableByOthers } from "./file_access.ts";
import { isSealKey } from "./seal_settings.ts";
import { keyOf } from "./secret_command.ts";
import { isGiven } from "./setting.ts";

/** The settings, after the files that they name were read. */
export interface ReadBrokerOptions extends BrokerOptions {
  /** Warnings about the files, each a sentence. */
  readonly fileWarnings?: readonly string[];
  /** Added to the error when the broker cannot be reached. */
  readonly advice?: string | undefined;
}

/**
 * Reads the files that the settings name. In the result, certificates and key are PEM text, and `password` is set.
 *
 * @param flags the flags that were given: they win over a file that is named in the environment
 * @throws {UsageError} when a file cannot be read
 */
export async function readBrokerFiles(
  values: BrokerOptions,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<ReadBrokerOptions> {
  const problems: string[] = [];
  const secrets: [flag: string, file: string][] = [];
  const read = async (flag: string, file: string | undefined, alternative?: string): Promise<string | undefined> => {
    // A variable may hold the certificate itself, as secret stores deliver it.
    if (file === undefined || isPem(file) || isSealKey(file)) return file;
    try {
      return await readTextFile(file);
    } catch (error) {
      problems.push(unreadable(flag, file, error, alternative));
    }
  };
  const readSecret = (flag: string, file: string | undefined, alternative?: string) => {
    if (file !== undefined && !isPem(file) && !isSealKey(file)) secrets.push([flag, file]);
    return read(flag, file, alternative);
  };
  const [ca, cert, keyFile, tlsKey, passwordFile] = await Promise.all([
    read("--ca", values.ca, "PEM text"),
    read("--cert", values.cert, "PEM text"),
    readSecret("--key", values.key, "PEM text"),
    readSecret("--tls-key", values.tlsKey, "PEM text"),
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

/** A header where `@FILE` is replaced by the first line of the file. */
async function withToken(
  header: string,
  read: (flag: string, file: string) => Promise<string | undefined>,
): Promise<string> {
  const [, start = "", file] = /^([^:]+:.*?)(?:(?<=[:\s])@(\S+))?$/s.exec(header) ?? [];
  if (file === undefined) return header;
  const [token = ""] = (await read("the file of --header", file) ?? "").split(/\r?\n/, 1);
  return start + token;
}

/** The proxy from the usual variables, which other programs use as well. Only for `wss://`, because that is HTTPS. */
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

/** The value of a variable; `undefined` when it is empty, or there is no permission to read it. */
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

/** Whether the password was given by `--password`, and there is no `--password-file`, which is safer. */
function isGivenByFlag({ password, passwordFile }: Readonly<Record<string, unknown>>): boolean {
  return isGiven(password) && !isGiven(passwordFile);
}
