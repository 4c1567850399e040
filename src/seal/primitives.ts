/**
 * The primitives of `Noise_IK_25519_ChaChaPoly_BLAKE2s`, from `node:crypto`.
 *
 * @module
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { concatBytes } from "../core/bytes.ts";

/** Length of keys, of X25519 results and of BLAKE2s hashes, in bytes. */
export const KEY_LENGTH = 32;

/** How many bytes longer a ciphertext is than its plaintext. */
export const TAG_LENGTH = 16;

/** A pair of X25519 keys. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  /** The private key as an object: code that prints objects cannot print its bytes. */
  readonly privateKey: KeyObject;
}

/** Up to this length, in bytes, pieces are concatenated before they are encrypted. */
const SHORT = 16 * 1024;
const SCRATCH = new Uint8Array(SHORT);

/** Makes a new pair of keys. */
export function generateKeyPair(): KeyPair {
  return withPublicKey(generateKeyPairSync("x25519").privateKey);
}

/** The key pair of a private key. */
export function keyPairOf(privateKey: Uint8Array): KeyPair {
  return withPublicKey(createPrivateKey({ key: pkcs8(privateKey), format: "der", type: "pkcs8" }));
}

/** The bytes of a private key. */
export function privateBytes({ privateKey }: KeyPair): Uint8Array {
  return privateKey.export({ format: "der", type: "pkcs8" }).subarray(-KEY_LENGTH);
}

/**
 * The X25519 shared secret of two parties.
 *
 * @throws {Error} for a public key of small order, with which the secret is the same for everybody (RFC 7748, section
 * 6.1)
 */
export function sharedSecret({ privateKey }: KeyPair, publicKey: Uint8Array): Uint8Array {
  const key = createPublicKey({ key: spki(publicKey), format: "der", type: "spki" });
  const secret = new Uint8Array(diffieHellman({ privateKey, publicKey: key }));
  if (secret.every((byte) => byte === 0)) throw new Error("The public key is of small order");
  return secret;
}

/** The BLAKE2s hash of several pieces, concatenated. */
export function hash(...pieces: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("blake2s256");
  for (const piece of pieces) hash.update(piece);
  return new Uint8Array(hash.digest());
}

/** Derives two keys from a key and input key material: HKDF (Noise specification, section 4.3). */
export function deriveTwo(key: Uint8Array, material: Uint8Array): [Uint8Array, Uint8Array] {
  const temporary = hmac(key, material);
  const first = hmac(temporary, Uint8Array.of(1));
  return [first, hmac(temporary, concatBytes([first, Uint8Array.of(2)], KEY_LENGTH + 1))];
}

/**
 * Encrypts with ChaCha20-Poly1305 (RFC 8439). The result is the ciphertext with its tag behind it.
 *
 * @param plaintext in pieces, to be concatenated
 * @param room how many bytes to leave free in front of the ciphertext
 */
export function encrypt(
  key: Uint8Array,
  counter: number,
  associated: Uint8Array,
  plaintext: readonly Uint8Array[],
  room = 0,
): Uint8Array {
  let length = 0;
  for (const piece of plaintext) length += piece.length;
  const cipher = createCipheriv("chacha20-poly1305", key, nonce(counter), { authTagLength: TAG_LENGTH });
  cipher.setAAD(associated, { plaintextLength: length });
  const sealed = new Uint8Array(room + length + TAG_LENGTH);
  let at = room;
  for (const piece of length <= SHORT ? [together(plaintext)] : plaintext) {
    sealed.set(cipher.update(piece), at);
    at += piece.length;
  }
  cipher.final();
  sealed.set(cipher.getAuthTag(), at);
  return sealed;
}

/**
 * Concatenates pieces: copying a few bytes is cheaper than another call of the cipher. The result is valid until the
 * next call.
 */
function together(pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) {
    SCRATCH.set(piece, length);
    length += piece.length;
  }
  return SCRATCH.subarray(0, length);
}

/** Decrypts a result of {@linkcode encrypt}; `undefined` when it was changed, or is something else. */
export function decrypt(
  key: Uint8Array,
  counter: number,
  associated: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - TAG_LENGTH;
  if (length < 0) return undefined;
  const decipher = createDecipheriv("chacha20-poly1305", key, nonce(counter), { authTagLength: TAG_LENGTH });
  decipher.setAAD(associated, { plaintextLength: length });
  decipher.setAuthTag(sealed.subarray(length));
  const plaintext = decipher.update(sealed.subarray(0, length));
  try {
    decipher.final();
    return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length);
  } catch {
    return undefined;
  }
}

const NONCE = new DataView(new ArrayBuffer(12));
const NONCE_BYTES = new Uint8Array(NONCE.buffer);

/**
 * The nonce: 32 zero bits and the little-endian counter (Noise specification, section 12.3). The result is valid until
 * the next call.
 */
function nonce(counter: number): Uint8Array {
  NONCE.setUint32(4, counter % 2 ** 32, true);
  NONCE.setUint32(8, Math.floor(counter / 2 ** 32), true);
  return NONCE_BYTES;
}

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("blake2s256", key).update(data).digest());
}

function withPublicKey(privateKey: KeyObject): KeyPair {
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return { privateKey, publicKey: new Uint8Array(publicKey.subarray(-KEY_LENGTH)) };
}

/** The DER prefix of a private key (RFC 8410). */
const PKCS8 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);
/** The DER prefix of a public key (RFC 8410). */
const SPKI = Uint8Array.of(0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 0x21, 0);

function pkcs8(key: Uint8Array): Buffer {
  return Buffer.from(concatBytes([PKCS8, checked(key)], PKCS8.length + KEY_LENGTH));
}

function spki(key: Uint8Array): Buffer {
  return Buffer.from(concatBytes([SPKI, checked(key)], SPKI.length + KEY_LENGTH));
}

function checked(key: Uint8Array): Uint8Array {
  if (key.length !== KEY_LENGTH) throw new Error(`A key has ${KEY_LENGTH} bytes`);
  return key;
}
