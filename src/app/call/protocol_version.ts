/**
 * The version of MCP to use with a server.
 *
 * Sources: MCP 2025-11-25, "Lifecycle", section "Version Negotiation"; MCP 2026-07-28, "Versioning" and "Discovery".
 *
 * @module
 */
import { CLIENT_INFO } from "../client_identity.ts";

/** The versions with an `initialize` handshake, the newest one first. */
const WITH_HANDSHAKE: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"];

/** The versions without a handshake. Each request names its version instead. */
const WITHOUT_HANDSHAKE: readonly string[] = ["2026-07-28"];

/** The version that is tried first. */
export const PROTOCOL_VERSION = WITH_HANDSHAKE[0] ?? "";

const CLIENT = { name: CLIENT_INFO.implementation, version: CLIENT_INFO.version };

/** The parameters of `initialize`. */
export function initializeParameters(protocolVersion: string): Readonly<Record<string, unknown>> {
  return { protocolVersion, capabilities: {}, clientInfo: CLIENT };
}

/** The `_meta` of every request in a version without handshake. */
export function requestMeta(protocolVersion: string): Readonly<Record<string, unknown>> {
  return {
    "io.modelcontextprotocol/protocolVersion": protocolVersion,
    "io.modelcontextprotocol/clientInfo": CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
}

/** The newest version with a handshake among those that a server speaks; `undefined` when there is none. */
export function newestWithHandshake(supported: readonly unknown[]): string | undefined {
  return WITH_HANDSHAKE.find((version) => supported.includes(version));
}

/**
 * The newest of our versions without a handshake that the server supports. If `supported` is unknown, simply our
 * newest.
 */
export function newestWithoutHandshake(supported?: readonly unknown[]): string | undefined {
  return WITHOUT_HANDSHAKE.find((version) => supported === undefined || supported.includes(version));
}

/** All versions, for messages to the user. */
export const ALL_VERSIONS = [...WITHOUT_HANDSHAKE, ...WITH_HANDSHAKE].join(", ");
