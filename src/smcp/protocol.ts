/**
 * The words of SMCP: how a child process gets its credentials from its parent, on its stdin and stdout, before MCP
 * starts there.
 *
 * ```text
 * child  → parent   +READY
 * parent → child    {"MQTT_BROKER":"mqtt.local","MQTT_PASS":"s"}
 * child  → parent   +OK            or   +ERR MESSAGE, and the child exits
 * ```
 *
 * @module
 */
import { type Credentials, Secret } from "../core/secret.ts";

/** The child is ready to receive credentials. */
export const READY = "+READY";
/** The child accepts the credentials. */
export const OK = "+OK";
/** The child refuses the credentials; the reason follows on the same line. */
export const ERROR = "+ERR";

/** How long the child waits for the credentials, in ms. */
export const CREDENTIALS_TIMEOUT = 5_000;
/** How long the parent waits for {@linkcode READY}, in ms. */
export const READY_TIMEOUT = 10_000;
/** How long the parent waits for {@linkcode OK}, in ms. */
export const OK_TIMEOUT = 5_000;

/** Longest line of the handshake, in bytes. Several certificates fit into it. */
export const LONGEST_LINE = 1024 * 1024;

/** Why a line holds no credentials: it is not JSON, not an object of the right form, or the first message of MCP. */
export type NoCredentials = "INVALID_JSON" | "INVALID_FORMAT" | "MCP";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** One line to send. */
export function toLine(text: string): Uint8Array {
  return encoder.encode(text + "\n");
}

/** Credentials as the line that carries them. */
export function credentialsLine(credentials: Credentials): Uint8Array {
  const values = [...credentials].map(([key, secret]) => [key, secret.reveal()]);
  return toLine(JSON.stringify(Object.fromEntries(values)));
}

/**
 * Reads the line that should hold credentials: a JSON object of texts. Numbers and booleans are taken as their text.
 */
export function parseParentLine(line: Uint8Array): Credentials | NoCredentials {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(line));
  } catch {
    return "INVALID_JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "INVALID_FORMAT";
  if ("jsonrpc" in value && "method" in value) return "MCP";
  const credentials = new Map<string, Secret>();
  for (const [key, scalar] of Object.entries(value)) {
    if (!["string", "number", "boolean"].includes(typeof scalar)) return "INVALID_FORMAT";
    credentials.set(key, new Secret(String(scalar)));
  }
  return credentials;
}
