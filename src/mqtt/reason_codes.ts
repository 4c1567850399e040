/**
 * MQTT reason codes: their names, and whether to try again.
 *
 * Source: MQTT 5.0, section 2.4; MQTT 3.1.1, section 3.2.2.3.
 *
 * @module
 */

const NAMES: Readonly<Record<number, string>> = {
  0x10: "No matching subscribers",
  0x11: "No subscription existed",
  0x80: "Unspecified error",
  0x81: "Malformed Packet",
  0x82: "Protocol Error",
  0x83: "Implementation specific error",
  0x84: "Unsupported Protocol Version",
  0x85: "Client Identifier not valid",
  0x86: "Bad User Name or Password",
  0x87: "Not authorized",
  0x88: "Server unavailable",
  0x89: "Server busy",
  0x8a: "Banned",
  0x8b: "Server shutting down",
  0x8c: "Bad authentication method",
  0x8d: "Keep Alive timeout",
  0x8e: "Session taken over",
  0x8f: "Topic Filter invalid",
  0x90: "Topic Name invalid",
  0x91: "Packet Identifier in use",
  0x92: "Packet Identifier not found",
  0x93: "Receive Maximum exceeded",
  0x94: "Topic Alias invalid",
  0x95: "Packet too large",
  0x96: "Message rate too high",
  0x97: "Quota exceeded",
  0x98: "Administrative action",
  0x99: "Payload format invalid",
  0x9a: "Retain not supported",
  0x9b: "QoS not supported",
  0x9c: "Use another server",
  0x9d: "Server moved",
  0x9e: "Shared Subscriptions not supported",
  0x9f: "Connection rate exceeded",
  0xa0: "Maximum connect time",
  0xa1: "Subscription Identifiers not supported",
  0xa2: "Wildcard Subscriptions not supported",
};

/** The standard's name of `code`, with the code: `Not authorized (0x87)`. */
export function reasonCodeName(code: number): string {
  return `${NAMES[code] ?? "Reason code"} (0x${code.toString(16).padStart(2, "0")})`;
}

/** A refusal without a reason. MQTT 3.1.1 has no other code for a refused subscription. */
export const UNSPECIFIED_ERROR = 0x80;

/** No subscriber matched the topic of a message. */
export const NO_MATCHING_SUBSCRIBERS = 0x10;
/** The broker does not speak this version of MQTT. */
export const UNSUPPORTED_PROTOCOL_VERSION = 0x84;
/** This client is not allowed to do that. */
export const NOT_AUTHORIZED = 0x87;
/** Another client has connected with the same client id. */
export const SESSION_TAKEN_OVER = 0x8e;
/** The packet does not follow the specification. */
export const MALFORMED_PACKET = 0x81;
/** The packet is well formed, but not allowed at this point. */
export const PROTOCOL_ERROR = 0x82;
/** The packet was larger than the receiver takes. */
export const PACKET_TOO_LARGE = 0x95;

/** The broker does not accept this topic name. */
export const TOPIC_NAME_INVALID = 0x90;
/** The broker keeps no retained messages. */
export const RETAIN_NOT_SUPPORTED = 0x9a;
/** The broker does not support this QoS. */
export const QOS_NOT_SUPPORTED = 0x9b;

/**
 * Whether the broker may ban a client that tries again too soon: not authorized, banned, quota exceeded, rate exceeded.
 */
export function mayLeadToBan(reasonCode: number | undefined): boolean {
  return [0x87, 0x8a, 0x97, 0x9f].includes(reasonCode ?? 0);
}

/** Refusals that every further CONNECT will meet, and the setting to check. */
const PERMANENT: Readonly<Record<number, string>> = {
  0x81: "the broker could not read our CONNECT packet; check that --broker names an MQTT port",
  0x82: "the broker rejects something in our CONNECT packet; try --broker-preset or --mqtt-version 4",
  0x84: "check --mqtt-version",
  0x85: "check --client-id",
  0x86: "check the username and the password (--username, --password-file)",
  0x87:
    "check the username, the password and what the broker allows this client (--username, --password-file, --client-id)",
  0x8a: "the broker has banned this client; check --client-id and --username",
  0x8c: "the broker wants another authentication method than username and password",
  0x90:
    "the broker does not take the topic of our will; if it keeps topics with $ for itself, add --topic-prefix PREFIX, " +
    "the same at every peer, or do without: --profile request-response",
  0x95: "the broker does not take our CONNECT packet, it is too large",
  0x9a: "the broker does not keep retained messages",
  0x9b: "the broker does not take our QoS; try --qos 0",
};

/** What to check when a CONNECT was refused with `code` for good; `undefined` when trying again may help. */
export function permanentRefusal(code: number): string | undefined {
  return PERMANENT[code];
}

/** The MQTT 5 reason code that means what a CONNACK return code of MQTT 3.1.1 means. */
export function fromReturnCode(code: number): number {
  return [0, 0x84, 0x85, 0x88, 0x86, 0x87][code] ?? 0x80;
}
