/**
 * Reading the keys of sealed sessions.
 *
 * The code for keys is loaded only when there are some.
 *
 * @module
 */
import { errorText, readTextFile } from "../core/text.ts";
import { unreadable } from "../core/unreadable.ts";
import { UsageError } from "../core/usage_error.ts";
import type { AuthorizedClients, ClientSealing, KeyPair, ServerSealing } from "../seal/mod.ts";
import { AuthorizedKeysFile, placesOf } from "./authorized_keys_file.ts";
import type { BrokerConfig } from "./broker_config.ts";
import { writableByOthers } from "./file_access.ts";
import type { AuthorizedKeyOptions, KnownServerOptions } from "./seal_settings.ts";

/** Takes a warning about a file. */
type Warn = (text: string) => void;

const ADD_KEY = "add --key FILE (by SMCP: the credential MQTT_SEAL_KEY)";

/**
 * How sessions with a server are sealed; `undefined` when the user has given no keys.
 *
 * @param names all names by which the server may be known; the one that people use comes first
 * @throws {UsageError} when some keys are given but others are missing: a session is never left unsealed by mistake
 */
export async function readClientSealing(
  options: KnownServerOptions,
  broker: BrokerConfig,
  names: readonly string[],
  warn: Warn,
): Promise<ClientSealing | undefined> {
  const key = await knownServerKey(options, names, warn);
  if (broker.sealKey === undefined && key === undefined) return undefined;
  return await clientSealingOf(key, broker, names[0] ?? "");
}

/**
 * The key that the user has given for the server of these names; `undefined` when there is none.
 *
 * @throws {UsageError} when there are several
 */
export async function knownServerKey(
  { serverKey, knownServers }: KnownServerOptions,
  names: readonly string[],
  warn: Warn,
): Promise<string | undefined> {
  const known = await readKnownKeys(knownServers, warn);
  const [key, ...others] = new Set(names.flatMap((name) => known.get(name) ?? []));
  const server = JSON.stringify(names[0]);
  if (others.length > 0) throw new UsageError([`--known-servers has several keys for the server ${server}`]);
  if (serverKey !== undefined && key !== undefined && serverKey !== key) {
    throw new UsageError([`--server-key is not the key that --known-servers has for the server ${server}`]);
  }
  return serverKey ?? key;
}

/** How sessions with many servers are sealed. */
export interface KnownSealing {
  /** How it is with the server of the first of these names that is known; `undefined` when none is. */
  readonly sealing: (names: readonly string[]) => ClientSealing | undefined;
  /** Whether there is a server whose sessions are sealed. */
  readonly sealed: boolean;
}

/**
 * How sessions with the servers in a file are sealed. Sessions with other servers are not.
 *
 * @throws {UsageError} when some keys are given but others are missing
 */
export async function knownSealing(
  knownServers: string | undefined,
  broker: BrokerConfig,
  warn: Warn,
): Promise<KnownSealing> {
  const known = await readKnownKeys(knownServers, warn);
  if (broker.sealKey !== undefined && known.size === 0) {
    throw new UsageError(["--key seals sessions, and --known-servers FILE has to say with whom: NAME KEY a line"]);
  }
  const seal = known.size === 0 ? undefined : await sealer(broker);
  const sealings = new Map([...known].map(([name, key]) => [name, seal?.(key)]));
  return {
    sealing: (names) => names.map((name) => sealings.get(name)).find((sealing) => sealing !== undefined),
    sealed: sealings.size > 0,
  };
}

/** How sessions with a server are sealed. `serverKey` is the only source of the server's key. */
export async function clientSealingOf(
  serverKey: string | undefined,
  broker: BrokerConfig,
  name: string,
): Promise<ClientSealing> {
  const seal = await sealer(broker);
  if (serverKey === undefined) {
    const where = "add --server-key KEY, or a line to --known-servers; the server's operator gets it by key show FILE";
    throw new UsageError([`the key of the server ${JSON.stringify(name)} is not known: ${where}`]);
  }
  return seal(serverKey);
}

/** How sessions are sealed with our own key, by the key of the server. */
async function sealer({ sealKey }: BrokerConfig): Promise<(serverKey: string) => ClientSealing> {
  if (sealKey === undefined) {
    const remedy = `make one by mcp-mqtt-proxy key new FILE, and ${ADD_KEY}`;
    throw new UsageError([`the session is to be sealed, which takes a key of your own: ${remedy}`]);
  }
  const { clientSealing, readPublicKey } = await import("../seal/mod.ts");
  const own = await ownPair(sealKey.reveal());
  return (serverKey) => clientSealing(own, problemsNamed("--server-key", () => readPublicKey(serverKey)));
}

/**
 * How a server seals its sessions; `undefined` when it does not.
 *
 * @param warn called when the file of authorized keys has changed and cannot be used
 * @throws {UsageError} when the settings do not say who may open sessions
 */
export async function readServerSealing(
  options: AuthorizedKeyOptions,
  broker: BrokerConfig,
  warn: Warn,
): Promise<ServerSealing | undefined> {
  const { authorizedKeys: file } = options;
  if (file === undefined) return await serverSealingOf(options, broker);
  const authorizedKeys = await readFile("--authorized-keys", file, warn);
  const places = await watchedPlaces(file);
  return await serverSealingOf(
    { ...options, authorizedKeys },
    broker,
    (names) => new AuthorizedKeysFile({ file, places, names, warn }),
  );
}

/** How a server seals its sessions, with the authorized keys as text instead of a file. */
export async function serverSealingOf(
  { authorizedKeys, allowUnsealed }: AuthorizedKeyOptions,
  { sealKey }: BrokerConfig,
  follow: (names: ReadonlyMap<string, string>) => AuthorizedClients = (names) => ({ names, watch: () => {} }),
): Promise<ServerSealing | undefined> {
  if (sealKey === undefined) {
    if (authorizedKeys === undefined && !allowUnsealed) return undefined;
    const remedy = `make one by mcp-mqtt-proxy key new FILE, and ${ADD_KEY}`;
    throw new UsageError([`--authorized-keys and --allow-unsealed need a key of the server's own: ${remedy}`]);
  }
  if (authorizedKeys === undefined) {
    throw new UsageError(["--key seals sessions, and --authorized-keys FILE has to say with whom: KEY NAME a line"]);
  }
  const { readAuthorizedKeys, serverSealing } = await import("../seal/mod.ts");
  const names = problemsNamed("--authorized-keys", () => readAuthorizedKeys(authorizedKeys));
  return serverSealing(await ownPair(sealKey.reveal()), follow(names), allowUnsealed);
}

/**
 * The keys of the servers in a file, as text, by server name.
 *
 * @throws {UsageError} when it cannot be read
 */
export async function readKnownKeys(file: string | undefined, warn: Warn): Promise<ReadonlyMap<string, string>> {
  if (file === undefined) return new Map();
  const { publicKeyText, readKnownServers } = await import("../seal/mod.ts");
  const text = await readFile("--known-servers", file, warn);
  const known = problemsNamed("--known-servers", () => readKnownServers(text));
  return new Map([...known].map(([name, key]) => [name, publicKeyText(key)]));
}

/** The problem with our sealing key, as the end of a sentence; `undefined` if it is valid or there is none. */
export async function sealKeyProblem({ sealKey }: BrokerConfig): Promise<string | undefined> {
  if (sealKey === undefined) return undefined;
  const { readPrivateKeyFile } = await import("../seal/mod.ts");
  try {
    readPrivateKeyFile(sealKey.reveal());
  } catch (error) {
    if (isKeyError(error)) return error.message;
    throw error;
  }
}

/**
 * Our own public key as text; `undefined` when we have none.
 *
 * @throws {UsageError} when the key cannot be read
 */
export async function ownPublicKey({ sealKey }: BrokerConfig): Promise<string | undefined> {
  if (sealKey === undefined) return undefined;
  const { publicKeyText } = await import("../seal/mod.ts");
  return publicKeyText((await ownPair(sealKey.reveal())).publicKey);
}

async function ownPair(text: string): Promise<KeyPair> {
  const { readPrivateKeyFile } = await import("../seal/mod.ts");
  return problemsNamed("--key", () => readPrivateKeyFile(text));
}

/** @throws {UsageError} when the file cannot be watched for changes */
async function watchedPlaces(file: string): Promise<readonly string[]> {
  try {
    return await placesOf(file);
  } catch (error) {
    const remedy = "its directory has to be readable (--allow-read=DIRECTORY of deno run)";
    throw new UsageError([`--authorized-keys cannot be watched for changes: ${errorText(error)}; ${remedy}`]);
  }
}

async function readFile(flag: string, file: string, warn: Warn): Promise<string> {
  try {
    const text = await readTextFile(file);
    const warning = await writableByOthers(flag, file);
    if (warning !== undefined) warn(warning);
    return text;
  } catch (error) {
    throw new UsageError([unreadable(flag, file, error)]);
  }
}

function problemsNamed<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isKeyError(error)) throw error;
    throw new UsageError([`${flag} ${error.message}`]);
  }
}

/** Whether an error is a `KeyError`. Compares the name, because the class is loaded only when there are keys. */
function isKeyError(error: unknown): error is Error {
  return error instanceof Error && error.name === "KeyError";
}
