/**
 * The keys of sealed sessions, as files.
 *
 * @module
 */
import { join } from "node:path";
import { generateKeyPair, privateKeyFile, publicKeyText } from "../../src/seal/mod.ts";

/** A directory with the keys of a server and of a client that it knows. */
export interface KeyFiles extends AsyncDisposable {
  /** What `serve` and `connect` are to be given. */
  readonly serve: readonly string[];
  readonly connect: readonly string[];
  readonly serverKey: string;
  readonly clientKey: string;
  readonly authorizedKeys: string;
  /** The path of a new file in the directory. */
  file(name: string, text: string, mode?: number): Promise<string>;
}

/** Makes new keys. */
export async function keyFiles(): Promise<KeyFiles> {
  const directory = await Deno.makeTempDir({ prefix: "keys-" });
  const file = async (name: string, text: string, mode = 0o600) => {
    const path = join(directory, name);
    await Deno.writeTextFile(path, text);
    if (Deno.build.os !== "windows") await Deno.chmod(path, mode);
    return path;
  };
  const [server, client] = [generateKeyPair(), generateKeyPair()];
  const [serverKey, clientKey] = [publicKeyText(server.publicKey), publicKeyText(client.publicKey)];
  const authorizedKeys = await file("clients.txt", `# who may\n${clientKey} ada\n`);
  return {
    serve: ["--key", await file("server.key", privateKeyFile(server)), "--authorized-keys", authorizedKeys],
    connect: ["--key", await file("me.key", privateKeyFile(client)), "--server-key", serverKey],
    serverKey,
    clientKey,
    authorizedKeys,
    file,
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}
