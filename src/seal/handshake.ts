/**
 * The handshake `Noise_IK_25519_ChaChaPoly_BLAKE2s`. After its two messages, both ends have authenticated each other
 * and share session keys. The keys have forward secrecy: whoever learns the static keys later cannot derive them.
 *
 * Source: The Noise Protocol Framework, revision 34.
 *
 * @module
 */
import { concatBytes } from "../core/bytes.ts";
import {
  decrypt,
  deriveTwo,
  encrypt,
  generateKeyPair,
  hash,
  KEY_LENGTH,
  type KeyPair,
  sharedSecret,
  TAG_LENGTH,
} from "./primitives.ts";

/** The keys of a session, one for each direction. */
export interface SessionKeys {
  readonly send: Uint8Array;
  readonly receive: Uint8Array;
}

/** What each end puts into a handshake. */
export interface HandshakeOptions {
  /** Data that both ends have to agree on beforehand. */
  readonly prologue: Uint8Array;
  readonly own: KeyPair;
  /** The ephemeral key pair; only tests set it. Every handshake needs a new one. @default {a new pair} */
  readonly ephemeral?: KeyPair;
}

/** The handshake on the initiator's side. */
export interface Initiation {
  /** Message 1. */
  readonly message: Uint8Array;
  /** Reads message 2; `undefined` when it is not that server's answer to this message 1. May then be called again. */
  finish(answer: Uint8Array): { readonly payload: Uint8Array; readonly keys: SessionKeys } | undefined;
}

/** The handshake on the responder's side. */
export interface Response {
  /** The initiator's static public key. */
  readonly client: Uint8Array;
  readonly payload: Uint8Array;
  /** Makes message 2. */
  answer(payload: Uint8Array): { readonly message: Uint8Array; readonly keys: SessionKeys };
}

const NAME = new TextEncoder().encode("Noise_IK_25519_ChaChaPoly_BLAKE2s");
const NOTHING = new Uint8Array();

/** Length of message 1 without a payload, in bytes. */
const FIRST_MESSAGE_LENGTH = KEY_LENGTH + KEY_LENGTH + TAG_LENGTH + TAG_LENGTH;

/** Starts a handshake with the server that has this public key. */
export function initiate(
  { prologue, own, ephemeral = generateKeyPair() }: HandshakeOptions,
  server: Uint8Array,
  payload = NOTHING,
): Initiation {
  const state = SymmetricState.begin(prologue, server);
  state.mixHash(ephemeral.publicKey);
  state.mixKey(sharedSecret(ephemeral, server));
  const sealedStatic = state.encrypt(own.publicKey);
  state.mixKey(sharedSecret(own, server));
  const sealedPayload = state.encrypt(payload);
  return {
    message: joined(ephemeral.publicKey, sealedStatic, sealedPayload),
    finish(answer) {
      if (answer.length < KEY_LENGTH + TAG_LENGTH) return undefined;
      const rest = state.copy(); // a forged answer must not change the state
      const theirs = answer.slice(0, KEY_LENGTH);
      rest.mixHash(theirs);
      if (!mixedShared(rest, [[ephemeral, theirs], [own, theirs]])) return undefined;
      const payload = rest.decrypt(answer.subarray(KEY_LENGTH));
      if (payload === undefined) return undefined;
      const [send, receive] = rest.split();
      return { payload, keys: { send, receive } };
    },
  };
}

/** Reads message 1; `undefined` when it is malformed, or meant for another server. */
export function respond({ prologue, own, ephemeral }: HandshakeOptions, message: Uint8Array): Response | undefined {
  if (message.length < FIRST_MESSAGE_LENGTH) return undefined;
  const state = SymmetricState.begin(prologue, own.publicKey);
  const theirs = message.slice(0, KEY_LENGTH);
  state.mixHash(theirs);
  if (!mixedShared(state, [[own, theirs]])) return undefined;
  const payloadAt = KEY_LENGTH + KEY_LENGTH + TAG_LENGTH;
  const client = state.decrypt(message.subarray(KEY_LENGTH, payloadAt));
  if (client === undefined || !mixedShared(state, [[own, client]])) return undefined;
  const payload = state.decrypt(message.subarray(payloadAt));
  if (payload === undefined) return undefined;
  return {
    client,
    payload,
    answer(payload) {
      const rest = state.copy();
      const fresh = ephemeral ?? generateKeyPair();
      rest.mixHash(fresh.publicKey);
      rest.mixKey(sharedSecret(fresh, theirs));
      rest.mixKey(sharedSecret(fresh, client));
      const sealedPayload = rest.encrypt(payload);
      const [receive, send] = rest.split();
      return { message: joined(fresh.publicKey, sealedPayload), keys: { send, receive } };
    },
  };
}

/** Mixes in the shared secrets of pairs of keys; `false` when a public key is invalid (RFC 7748, section 6.1). */
function mixedShared(state: SymmetricState, pairs: readonly (readonly [KeyPair, Uint8Array])[]): boolean {
  try {
    for (const [own, theirs] of pairs) state.mixKey(sharedSecret(own, theirs));
    return true;
  } catch {
    return false;
  }
}

/** The SymmetricState object (Noise specification, section 5.2). */
class SymmetricState {
  #hash: Uint8Array;
  #chainingKey: Uint8Array;
  #key: Uint8Array | undefined;
  #counter = 0;

  private constructor(hash: Uint8Array, chainingKey: Uint8Array) {
    this.#hash = hash;
    this.#chainingKey = chainingKey;
  }

  /** The state before message 1 of the pattern IK, whose initiator knows the server's static key. */
  static begin(prologue: Uint8Array, server: Uint8Array): SymmetricState {
    const name = hash(NAME);
    const state = new SymmetricState(name, name);
    state.mixHash(prologue);
    state.mixHash(server);
    return state;
  }

  copy(): SymmetricState {
    const copy = new SymmetricState(this.#hash, this.#chainingKey);
    copy.#key = this.#key;
    copy.#counter = this.#counter;
    return copy;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = hash(this.#hash, data);
  }

  mixKey(material: Uint8Array): void {
    [this.#chainingKey, this.#key] = deriveTwo(this.#chainingKey, material);
    this.#counter = 0;
  }

  encrypt(plaintext: Uint8Array): Uint8Array {
    const sealed = encrypt(this.#currentKey, this.#counter++, this.#hash, [plaintext]);
    this.mixHash(sealed);
    return sealed;
  }

  decrypt(sealed: Uint8Array): Uint8Array | undefined {
    const plaintext = decrypt(this.#currentKey, this.#counter++, this.#hash, sealed);
    this.mixHash(sealed);
    return plaintext;
  }

  split(): [Uint8Array, Uint8Array] {
    return deriveTwo(this.#chainingKey, NOTHING);
  }

  get #currentKey(): Uint8Array {
    if (this.#key === undefined) throw new Error("Nothing has been mixed in yet");
    return this.#key;
  }
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return concatBytes(pieces, pieces.reduce((length, piece) => length + piece.length, 0));
}
