/**
 * Settings of credentials by SMCP, for the child that receives them and for the parent that gives them.
 *
 * @module
 */
import { UsageError } from "../core/usage_error.ts";
import { onOff, text } from "./kinds.ts";
import type { SettingsOf } from "./setting.ts";

/** Options of a program that receives its credentials by SMCP. */
export interface HandshakeOptions {
  /** Whether the credentials come from environment variables instead. */
  readonly insecure: boolean;
  /** Whether only to print the schema of the credentials. */
  readonly credentialsSchema: boolean;
}

/** The settings of {@linkcode HandshakeOptions}. */
export const HANDSHAKE_SETTINGS: SettingsOf<HandshakeOptions> = {
  insecure: {
    flag: "--insecure",
    environment: "MCP_MQTT_INSECURE",
    description: "no handshake: take the credentials (MQTT_BROKER, MQTT_USER, ...) from the environment",
    kind: onOff,
  },
  credentialsSchema: {
    flag: "--credentials-schema",
    description: "print the credentials that the handshake takes, as JSON, and exit",
    kind: onOff,
  },
};

/** Options of a program that receives its credentials by SMCP only on request. */
export interface SmcpOptions extends HandshakeOptions {
  /** Whether the credentials come by SMCP. */
  readonly smcp: boolean;
}

/** The settings of {@linkcode SmcpOptions}. */
export const SMCP_SETTINGS: SettingsOf<SmcpOptions> = {
  smcp: {
    flag: "--smcp",
    environment: "MCP_MQTT_SMCP",
    description: "get the broker and the login by an SMCP handshake on stdin and stdout",
    kind: onOff,
  },
  ...HANDSHAKE_SETTINGS,
};

/** Where the credentials of a child come from. */
export interface CredentialSourceOptions {
  /** A file; `-` for the first line of stdin. */
  readonly credentialsFile: string | undefined;
  /** A shell command that prints them. */
  readonly credentialsCommand: string | undefined;
  /** The prefix of the variables that hold them. */
  readonly credentialsEnv: string | undefined;
}

/** The settings of {@linkcode CredentialSourceOptions}. */
export const CREDENTIAL_SOURCE_SETTINGS: SettingsOf<CredentialSourceOptions> = {
  credentialsFile: {
    flag: "--credentials-file <file>",
    environment: "MCP_MQTT_CREDENTIALS_FILE",
    description: "JSON file with the credentials, which only its owner may read; - for the first line of stdin",
    kind: text,
  },
  credentialsCommand: {
    flag: "--credentials-command <command>",
    environment: "MCP_MQTT_CREDENTIALS_COMMAND",
    description: "shell command that prints the credentials as JSON",
    kind: text,
  },
  credentialsEnv: {
    flag: "--credentials-env <prefix>",
    environment: "MCP_MQTT_CREDENTIALS_ENV",
    description: "the credentials are the variables with this prefix, without it; the child does not inherit them",
    kind: text,
  },
};

/** The children of `serve` as SMCP servers. */
export interface SmcpChildOptions extends CredentialSourceOptions {
  /** Whether the children are SMCP servers. */
  readonly smcpChild: boolean;
}

/** The settings of {@linkcode SmcpChildOptions}. */
export const SMCP_CHILD_SETTINGS: SettingsOf<SmcpChildOptions> = {
  smcpChild: {
    flag: "--smcp-child",
    environment: "MCP_MQTT_SMCP_CHILD",
    description: "the server is an SMCP server: give it its credentials before it speaks MCP",
    kind: onOff,
  },
  ...CREDENTIAL_SOURCE_SETTINGS,
};

/** Where the credentials of a child are to be read. */
export type CredentialSource =
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "command"; readonly command: string }
  | { readonly kind: "environment"; readonly prefix: string }
  | { readonly kind: "stdin" };

/**
 * The source that the user has chosen.
 *
 * @throws {UsageError} when there is none, or more than one
 */
export function credentialSource(values: CredentialSourceOptions): CredentialSource {
  const { credentialsFile: file, credentialsCommand: command, credentialsEnv: prefix } = values;
  const sources: CredentialSource[] = [];
  if (file !== undefined) sources.push(file === "-" ? { kind: "stdin" } : { kind: "file", file });
  if (command !== undefined) sources.push({ kind: "command", command });
  if (prefix !== undefined) sources.push({ kind: "environment", prefix });
  const [source] = sources;
  if (source !== undefined && sources.length === 1) return source;
  const problem = source === undefined
    ? "say where the credentials are: add --credentials-file FILE, --credentials-command COMMAND or --credentials-env PREFIX"
    : "--credentials-file, --credentials-command and --credentials-env exclude each other: give one";
  throw new UsageError([problem]);
}
