/**
 * SUBSCRIBE, UNSUBSCRIBE, and the packets that acknowledge others.
 *
 * Source: MQTT 5.0, sections 3.4 to 3.13; MQTT 3.1.1, the same sections.
 *
 * @module
 */
import type { SubscriptionRequest } from "../connection/connection.ts";
import { PacketReader } from "./packet_reader.ts";
import { PUBREL, RESERVED_FLAGS, SUBSCRIBE, UNSUBSCRIBE } from "./packet_types.ts";
import type { PacketWriter } from "./packet_writer.ts";
import { Property } from "./properties.ts";

/** The No Local option: the broker does not send us our own messages (MQTT 5.0, section 3.8.3.1). */
const NO_LOCAL = 0x04;

/**
 * Writes SUBSCRIBE. Its Subscription Identifier is that of the first request.
 *
 * @throws {RangeError} when a filter is too long
 */
export function writeSubscribe(
  writer: PacketWriter,
  requests: readonly SubscriptionRequest[],
  identifier: number,
  version: 4 | 5,
): void {
  const subscriptionIdentifier = requests[0]?.identifier;
  writer.begin(SUBSCRIBE, RESERVED_FLAGS);
  try {
    writer.twoBytes(identifier);
    if (version === 5) {
      writer.prefixed(() => {
        if (subscriptionIdentifier === undefined) return;
        writer.byte(Property.SubscriptionIdentifier);
        writer.variable(subscriptionIdentifier);
      });
    }
    for (const { filter, qos, noLocal } of requests) {
      writer.text(filter);
      writer.byte(version === 5 && noLocal ? qos | NO_LOCAL : qos);
    }
  } catch (error) {
    writer.abandon();
    throw error;
  }
  writer.end();
}

/**
 * Writes UNSUBSCRIBE.
 *
 * @throws {RangeError} when the filter is too long
 */
export function writeUnsubscribe(writer: PacketWriter, filter: string, identifier: number, version: 4 | 5): void {
  writer.begin(UNSUBSCRIBE, RESERVED_FLAGS);
  try {
    writer.twoBytes(identifier);
    if (version === 5) writer.variable(0);
    writer.text(filter);
  } catch (error) {
    writer.abandon();
    throw error;
  }
  writer.end();
}

/** Writes PUBACK, PUBREC, PUBREL or PUBCOMP. The reason code is left out when it is 0. */
export function writeAcknowledgement(writer: PacketWriter, type: number, identifier: number, reasonCode = 0): void {
  writer.begin(type, type === PUBREL ? RESERVED_FLAGS : 0);
  writer.twoBytes(identifier);
  if (reasonCode !== 0) writer.byte(reasonCode);
  writer.end();
}

/** A packet that acknowledges another one. */
export interface Acknowledgement {
  /** The identifier of the packet that is acknowledged. */
  readonly identifier: number;
  /** One reason code for each request that is acknowledged. */
  readonly reasonCodes: readonly number[];
}

const SUCCESS = [0] as const;

/**
 * Reads PUBACK, PUBREC, PUBREL or PUBCOMP. Their properties are skipped: nobody needs them, and mochi-mqtt 2.7 writes
 * properties there that are not allowed.
 *
 * @throws {RangeError} when it is malformed
 */
export function readAcknowledgement(bytes: Uint8Array, body: number): Acknowledgement {
  const reader = new PacketReader(bytes, body);
  const identifier = reader.twoBytes();
  return { identifier, reasonCodes: reader.left === 0 ? SUCCESS : [reader.byte()] };
}

/**
 * Reads SUBACK or UNSUBACK. An UNSUBACK of MQTT 3.1.1 has no reason codes.
 *
 * @throws {RangeError} when it is malformed
 */
export function readGrants(bytes: Uint8Array, body: number, version: 4 | 5): Acknowledgement {
  const reader = new PacketReader(bytes, body);
  const identifier = reader.twoBytes();
  if (version === 5 && reader.left > 0) reader.nested();
  return { identifier, reasonCodes: [...reader.rest()] };
}
