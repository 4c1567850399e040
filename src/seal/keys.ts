/**
 * Keys as text, and the files that hold them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { concatBytes } from "../core/bytes.ts";
import { hash, KEY_LENGTH, type KeyPair, keyPairOf, privateBytes } from "./primitives.ts";

const PUBLIC = "mcp1";
const PRIVATE = "mcp1-private-";

/** How many bytes of a hash follow a key as a checksum, to detect typing errors. */
const CHECKSUM_LENGTH = 4;

/** Why a text is not a key, as the end of a sentence. The message never repeats the text, which may be a secret. */
export class KeyError extends Error {
  override readonly name = "KeyError";
}

/** A public key as text: `mcp1…`. */
export function publicKeyText(key: Uint8Array): string {
  return PUBLIC + encoded(key);
}

/**
 * Reads a public key.
 *
 * @throws {KeyError} when the text is not a public key
 */
export function readPublicKey(text: string): Uint8Array {
  if (text.startsWith(PRIVATE)) throw new KeyError("is a private key: give the public one, which key show prints");
  if (!text.startsWith(PUBLIC)) throw new KeyError("is no public key: those begin with mcp1");
  return decoded(text.slice(PUBLIC.length));
}

/** The content of a private key file. */
export function privateKeyFile(pair: KeyPair): string {
  return `# The public key is ${publicKeyText(pair.publicKey)}\n${PRIVATE}${encoded(privateBytes(pair))}\n`;
}

/**
 * Reads a file with a private key in it.
 *
 * @throws {KeyError}
 */
export function readPrivateKeyFile(text: string): KeyPair {
  const keys = lines(text);
  const [line = ""] = keys;
  if (keys.length !== 1 || !line.startsWith(PRIVATE)) {
    throw new KeyError("holds no private key: make one by mcp-mqtt-proxy key new FILE");
  }
  return keyPairOf(decoded(line.slice(PRIVATE.length)));
}

/**
 * Reads a file of clients that may open sessions. Each line is `KEY NAME`.
 *
 * @returns the names by the texts of the keys
 * @throws {KeyError} that names the line
 */
export function readAuthorizedKeys(text: string): ReadonlyMap<string, string> {
  return new Map(entries(text, KEY_FIRST, (key, name) => [publicKeyText(readPublicKey(key)), name]));
}

/**
 * Reads a file of servers with their keys. Each line is `NAME KEY`.
 *
 * @throws {KeyError} that names the line
 */
export function readKnownServers(text: string): ReadonlyMap<string, Uint8Array> {
  const found = entries(text, KEY_LAST, (name, key) => [name, readPublicKey(key)]);
  const names = found.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new KeyError(`names the server ${JSON.stringify(twice)} twice`);
  return new Map(found);
}

/** A line with the key first. A name may contain spaces. */
const KEY_FIRST = /^(\S+)\s+(\S.*)$/;
/** A line with the key last. A name may contain spaces. */
const KEY_LAST = /^(.*\S)\s+(\S+)$/;

function entries<T>(
  text: string,
  pattern: RegExp,
  read: (first: string, second: string) => [string, T],
): [string, T][] {
  return text.replace(/^\ufeff/, "").split(/\r?\n/).flatMap((line, index) => {
    const words = line.trim();
    if (words === "" || words.startsWith("#")) return [];
    const [, first = "", second = ""] = pattern.exec(words) ?? [];
    try {
      if (second === "") throw new KeyError("has to have a key and a name");
      return [read(first, second)];
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      throw new KeyError(`has a mistake in line ${index + 1}, which ${error.message}`);
    }
  });
}

function lines(text: string): string[] {
  return text.replace(/^\ufeff/, "").split(/\r?\n/).map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

function encoded(key: Uint8Array): string {
  return Buffer.from(concatBytes([key, checksum(key)], KEY_LENGTH + CHECKSUM_LENGTH)).toString("base64url");
}

function decoded(text: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(text, "base64url"));
  const key = bytes.slice(0, KEY_LENGTH);
  const whole = bytes.length === KEY_LENGTH + CHECKSUM_LENGTH && /^[\w-]{48}$/.test(text);
  if (!whole) throw new KeyError("is not a whole key");
  if (!checksum(key).every((byte, index) => byte === bytes[KEY_LENGTH + index])) {
    throw new KeyError("has a typing error in its key");
  }
  return key;
}

function checksum(key: Uint8Array): Uint8Array {
  return hash(key).subarray(0, CHECKSUM_LENGTH);
}
