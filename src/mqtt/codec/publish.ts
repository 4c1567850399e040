/**
 * Encoding and decoding PUBLISH packets.
 *
 * Source: MQTT 5.0, section 3.3; MQTT 3.1.1, section 3.3.
 *
 * @module
 */
import type { PublishPacket, PublishProperties, QoS, ReceivedPacket } from "../link.ts";
import { PacketReader } from "./packet_reader.ts";
import { PUBLISH } from "./packet_types.ts";
import type { PacketWriter } from "./packet_writer.ts";
import { Property, UserPropertyCollector, writeCommonProperties, writePublishProperties } from "./properties.ts";

const RETAIN = 1;
const DUPLICATE = 8;

/**
 * Writes a PUBLISH.
 *
 * @param identifier for QoS 1 and 2
 * @throws {RangeError} when a topic or a property is too long
 */
export function writePublish(
  writer: PacketWriter,
  { topic, payload, qos, retain = false, properties, common }: PublishPacket,
  identifier: number | undefined,
  version: 4 | 5,
): void {
  writer.begin(PUBLISH, (qos << 1) | (retain ? RETAIN : 0));
  try {
    writer.text(topic);
    if (identifier !== undefined) writer.twoBytes(identifier);
    if (version === 5) {
      writer.prefixed(() => {
        if (common !== undefined) writeCommonProperties(writer, common);
        if (properties !== undefined) writePublishProperties(writer, properties);
      });
    }
  } catch (error) {
    writer.abandon();
    throw error;
  }
  writer.end(payload);
}

/** A PUBLISH that has arrived. */
export interface DecodedPublish {
  readonly topic: string;
  /** The message; `undefined` when it has too many user properties, and is dropped. */
  readonly packet: ReceivedPacket | undefined;
  readonly qos: QoS;
  /** The packet identifier; QoS 0 has none. */
  readonly identifier: number | undefined;
  /** The DUP flag: the broker may have sent the message before. */
  readonly duplicate: boolean;
}

/** What tells a PUBLISH from others. */
export type PublishHead = Pick<DecodedPublish, "topic" | "qos" | "identifier">;

/**
 * Reads the beginning of a PUBLISH.
 *
 * @throws {RangeError} when it is malformed
 */
export function readPublishHead(bytes: Uint8Array, body: number): PublishHead {
  const { topic, qos, identifier } = readHead(new PacketReader(bytes, body), bytes[0] ?? 0);
  return { topic, qos, identifier };
}

function readHead(reader: PacketReader, flags: number): PublishHead & Pick<DecodedPublish, "duplicate"> {
  const qos = (flags >> 1) & 3;
  if (qos === 3) throw new RangeError("it has QoS 3");
  const topic = reader.text();
  const identifier = qos === 0 ? undefined : reader.twoBytes();
  return { topic, qos: qos as QoS, identifier, duplicate: (flags & DUPLICATE) !== 0 };
}

/**
 * Reads a whole PUBLISH. The payload shares memory with `bytes`.
 *
 * @param body where its variable header begins
 * @throws {RangeError} when it is malformed
 */
export function readPublish(bytes: Uint8Array, body: number, version: 4 | 5): DecodedPublish {
  const flags = bytes[0] ?? 0;
  const reader = new PacketReader(bytes, body);
  const head = readHead(reader, flags);
  const { topic } = head;
  const { properties, identifiers, excessive } = version === 5 ? readProperties(reader.nested()) : NO_PROPERTIES;
  if (excessive) return { ...head, packet: undefined };
  const packet = { topic, payload: reader.rest(), qos: head.qos, retain: (flags & RETAIN) !== 0, properties };
  return {
    ...head,
    packet: identifiers === undefined ? packet : { ...packet, subscriptionIdentifiers: identifiers },
  };
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

interface ReadProperties {
  readonly properties: PublishProperties;
  /** The Subscription Identifiers. The broker adds them; they are not the publisher's. */
  readonly identifiers: readonly number[] | undefined;
  readonly excessive: boolean;
}

const NO_PROPERTIES: ReadProperties = { properties: {}, identifiers: undefined, excessive: false };

function readProperties(reader: PacketReader): ReadProperties {
  const properties: Mutable<PublishProperties> = {};
  const user = new UserPropertyCollector();
  let identifiers: number[] | undefined;
  while (reader.left > 0) {
    switch (reader.byte()) {
      case Property.PayloadFormatIndicator:
        properties.payloadFormatIndicator = reader.byte() === 1;
        break;
      case Property.MessageExpiryInterval:
        properties.messageExpiryInterval = reader.fourBytes();
        break;
      case Property.ContentType:
        properties.contentType = reader.text();
        break;
      case Property.ResponseTopic:
        properties.responseTopic = reader.text();
        break;
      case Property.CorrelationData:
        properties.correlationData = reader.binary();
        break;
      case Property.SubscriptionIdentifier:
        (identifiers ??= []).push(reader.variable());
        break;
      case Property.UserProperty:
        user.read(reader);
        break;
      case Property.TopicAlias:
        throw new RangeError("it has a Topic Alias, of which we allow none");
      default:
        throw new RangeError("it has an unknown property");
    }
  }
  if (user.properties !== undefined) properties.userProperties = user.properties;
  return { properties, identifiers, excessive: user.excessive };
}
