/**
 * Settings of sealed sessions: the keys that a client and a server know.
 *
 * @module
 */
import { onOff, text } from "./kinds.ts";
import type { SettingsOf } from "./setting.ts";

/** Whether a text is a key that seals sessions, and not one of TLS. */
export function isSealKey(text: string): boolean {
  return /^mcp1-private-/m.test(text);
}

/** The private key in the text of its file, without the text around it; empty when there is none. */
export function sealKeyIn(text: string): string {
  return /^mcp1-private-(\S+)/m.exec(text)?.[1] ?? "";
}

/** The servers whose keys a client knows. */
export interface KnownServerOptions {
  /** The public key of the server. With it, sessions are sealed. */
  readonly serverKey: string | undefined;
  /** A file of servers and their keys, `NAME KEY` a line. */
  readonly knownServers: string | undefined;
}

/** The settings of {@linkcode KnownServerOptions}. */
export const KNOWN_SERVER_SETTINGS: SettingsOf<KnownServerOptions> = {
  serverKey: {
    flag: "--server-key <key>",
    environment: "MCP_MQTT_SERVER_KEY",
    description: "the server's public key (mcp1...): the session is sealed, and the broker can read and change nothing",
    kind: text,
  },
  knownServers: {
    flag: "--known-servers <file>",
    environment: "MCP_MQTT_KNOWN_SERVERS",
    description: "file of the public keys of servers, NAME KEY a line; sessions with those are sealed",
    kind: text,
  },
};

/** The clients that a server knows. */
export interface AuthorizedKeyOptions {
  /** A file of the clients that may open sealed sessions, `KEY NAME` a line. */
  readonly authorizedKeys: string | undefined;
  /** Whether sessions that are not sealed are accepted too. */
  readonly allowUnsealed: boolean;
}

/** The settings of {@linkcode AuthorizedKeyOptions}. */
export const AUTHORIZED_KEY_SETTINGS: SettingsOf<AuthorizedKeyOptions> = {
  authorizedKeys: {
    flag: "--authorized-keys <file>",
    environment: "MCP_MQTT_AUTHORIZED_KEYS",
    description:
      "file of the public keys of clients, KEY NAME a line: only they may open sessions; read again when it changes",
    kind: text,
  },
  allowUnsealed: {
    flag: "--allow-unsealed",
    environment: "MCP_MQTT_ALLOW_UNSEALED",
    description: "with --key, take sessions too that are not sealed, from whoever the broker lets in",
    kind: onOff,
  },
};
