/**
 * The keys of sealed sessions, read.
 *
 * What has to do with keys is loaded only when there are some.
 *
 * @module
 */
import { systemClock } from "../core/clock.ts";
import { errorText } from "../core/text.ts";
import { UsageError } from "../core/usage_error.ts";
import type { AuthorizedClients, ClientSealing, KeyPair, ServerSealing } from "../seal/mod.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { AuthorizedKeyOptions, KnownServerOptions } from "./seal_settings.ts";

/** Several changes of a file that come together count as one, for this time, in ms. */
const SETTLE_TIME = 100;

/**
 * How sessions with the server of this name are sealed; `undefined` when nobody has asked for it.
 *
 * @throws {UsageError} when keys are given, but not those that it takes: a session is never unsealed by mistake
 */
export async function readClientSealing(
  { serverKey, knownServers }: KnownServerOptions,
  { sealKey }: BrokerConfig,
  name: string,
): Promise<ClientSealing | undefined> {
  if (sealKey === undefined && serverKey === undefined && knownServers === undefined) return undefined;
  const { clientSealing, readKnownServers, readPublicKey } = await import("../seal/mod.ts");
  const given = serverKey === undefined ? undefined : problemsNamed("--server-key", () => readPublicKey(serverKey));
  const file = knownServers === undefined ? undefined : await readFile("--known-servers", knownServers);
  const servers = file === undefined ? undefined : problemsNamed("--known-servers", () => readKnownServers(file));
  const known = servers?.get(name);
  if (given !== undefined && known !== undefined && given.some((byte, index) => byte !== known[index])) {
    throw new UsageError([`--server-key is not the key that --known-servers has for ${JSON.stringify(name)}`]);
  }
  const server = given ?? known;
  if (sealKey === undefined) {
    if (server === undefined) return undefined; // the file is about other servers
    const remedy = "make one by mcp-mqtt-proxy key new FILE, and add --key FILE";
    throw new UsageError([`the session is to be sealed, which takes a key of your own: ${remedy}`]);
  }
  if (server === undefined) {
    const where = "add --server-key KEY, or a line to --known-servers; the server's operator gets it by key show FILE";
    throw new UsageError([`the key of the server ${JSON.stringify(name)} is not known: ${where}`]);
  }
  return clientSealing(await ownPair(sealKey.reveal()), server);
}

/**
 * How a server seals its sessions; `undefined` when it does not.
 *
 * @param warn told when the file of authorized keys has changed, and cannot be used
 * @throws {UsageError} when it is not clear who may open sessions
 */
export async function readServerSealing(
  { authorizedKeys, allowUnsealed }: AuthorizedKeyOptions,
  { sealKey }: BrokerConfig,
  warn: (text: string) => void,
): Promise<ServerSealing | undefined> {
  if (sealKey === undefined) {
    if (authorizedKeys === undefined && !allowUnsealed) return undefined;
    const remedy = "make one by mcp-mqtt-proxy key new FILE, and add --key FILE";
    throw new UsageError([`--authorized-keys and --allow-unsealed need a key of the server's own: ${remedy}`]);
  }
  if (authorizedKeys === undefined) {
    throw new UsageError(["--key seals sessions, and --authorized-keys FILE has to say with whom: KEY NAME a line"]);
  }
  const { serverSealing } = await import("../seal/mod.ts");
  const clients = await AuthorizedKeysFile.read(authorizedKeys, warn);
  return serverSealing(await ownPair(sealKey.reveal()), clients, allowUnsealed);
}

async function ownPair(text: string): Promise<KeyPair> {
  const { readPrivateKeyFile } = await import("../seal/mod.ts");
  return problemsNamed("--key", () => readPrivateKeyFile(text));
}

/** The clients that a file names, as long as it is watched also after it has changed. */
class AuthorizedKeysFile implements AuthorizedClients {
  readonly #file: string;
  readonly #parse: (text: string) => ReadonlyMap<string, string>;
  readonly #warn: (text: string) => void;
  names: ReadonlyMap<string, string> = new Map();

  private constructor(
    file: string,
    parse: (text: string) => ReadonlyMap<string, string>,
    warn: (text: string) => void,
  ) {
    this.#file = file;
    this.#parse = parse;
    this.#warn = warn;
  }

  static async read(file: string, warn: (text: string) => void): Promise<AuthorizedKeysFile> {
    const { readAuthorizedKeys } = await import("../seal/mod.ts");
    const self = new AuthorizedKeysFile(file, readAuthorizedKeys, warn);
    const text = await readFile("--authorized-keys", file);
    self.names = problemsNamed("--authorized-keys", () => readAuthorizedKeys(text));
    return self;
  }

  watch(changed: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    // The directory, since editors put a new file in the place of the old one.
    const watcher = Deno.watchFs(this.#file.replace(/[^/\\]*$/, "") || ".", { recursive: false });
    signal.addEventListener("abort", () => watcher.close(), { once: true });
    void this.#follow(watcher, changed);
  }

  async #follow(watcher: Deno.FsWatcher, changed: () => void): Promise<void> {
    const name = this.#file.split(/[/\\]/).at(-1) ?? "";
    let cancel: (() => void) | undefined;
    for await (const { paths } of watcher) {
      if (!paths.some((path) => path.split(/[/\\]/).at(-1) === name)) continue;
      cancel?.();
      cancel = systemClock.after(SETTLE_TIME, () => void this.#readAgain(changed));
    }
    cancel?.();
  }

  async #readAgain(changed: () => void): Promise<void> {
    try {
      this.names = this.#parse(await Deno.readTextFile(this.#file));
      changed();
    } catch (error) {
      this.#warn(`--authorized-keys ${errorText(error)}; those who were authorized before still are`);
    }
  }
}

async function readFile(flag: string, file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    throw new UsageError([`${flag} cannot be read: ${errorText(error)}`]);
  }
}

function problemsNamed<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "KeyError") throw error;
    throw new UsageError([`${flag} ${error.message}`]);
  }
}
