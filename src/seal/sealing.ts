/**
 * The sealing of sessions at both ends, as the wire profiles use it.
 *
 * @module
 */
import { initiate, respond } from "./handshake.ts";
import { publicKeyText } from "./keys.ts";
import { Seal } from "./packets.ts";
import type { KeyPair } from "./primitives.ts";

/** The protocol name in the prologue of a handshake; the base topic follows it. */
const PROLOGUE = "mcp-mqtt-sealed/1";

/** A handshake that a client has started. */
export interface ClientHandshake {
  readonly message: Uint8Array;
  /** Reads what may be the server's answer; `undefined` when it is not. */
  finish(answer: Uint8Array): { readonly payload: Uint8Array; readonly seal: Seal } | undefined;
}

/** How a client seals its sessions. */
export interface ClientSealing {
  /** Starts a handshake with the server on `base`, for the session of that name. */
  begin(base: string, session: string): ClientHandshake;
}

/** A client's first message, after the server has read it. */
export interface ServerHandshake {
  /** The client's public key as text. */
  readonly client: string;
  answer(payload: Uint8Array): { readonly message: Uint8Array; readonly seal: Seal };
}

/** How a server seals its sessions. */
export interface ServerSealing {
  /** The server's public key, as text. */
  readonly key: string;
  /** Whether clients may open sessions that are not sealed. */
  readonly allowUnsealed: boolean;
  /** The names of the clients that may open sessions at present, by their public keys. */
  readonly clients: ReadonlyMap<string, string>;
  /** Reads a client's first message; `undefined` when it is malformed, or meant for another server. */
  read(base: string, session: string, message: Uint8Array): ServerHandshake | undefined;
  /** The name of a client that may open sessions; `undefined` for any other client. */
  nameOf(client: string): string | undefined;
  /** Calls `changed` whenever the set of authorized clients changes. */
  watch(changed: () => void, signal: AbortSignal): void;
}

/** The sealing of a client for the server with this public key. */
export function clientSealing(own: KeyPair, server: Uint8Array): ClientSealing {
  return {
    begin(base, session) {
      const { message, finish } = initiate({ prologue: prologueOf(base), own }, server);
      return {
        message,
        finish(answer) {
          const finished = finish(answer);
          return finished && { payload: finished.payload, seal: new Seal(finished.keys, session) };
        },
      };
    },
  };
}

/** The clients that may open sessions: their names by their keys. The list may change. */
export interface AuthorizedClients {
  readonly names: ReadonlyMap<string, string>;
  watch(changed: () => void, signal: AbortSignal): void;
}

/** The sealing of a server. */
export function serverSealing(own: KeyPair, authorized: AuthorizedClients, allowUnsealed: boolean): ServerSealing {
  return {
    key: publicKeyText(own.publicKey),
    allowUnsealed,
    get clients() {
      return authorized.names;
    },
    read(base, session, message) {
      const response = respond({ prologue: prologueOf(base), own }, message);
      return response && {
        client: publicKeyText(response.client),
        answer(payload) {
          const { message, keys } = response.answer(payload);
          return { message, seal: new Seal(keys, session) };
        },
      };
    },
    nameOf: (client) => authorized.names.get(client),
    watch: (changed, signal) => authorized.watch(changed, signal),
  };
}

function prologueOf(base: string): Uint8Array {
  return new TextEncoder().encode(PROLOGUE + base);
}
