/**
 * PUBLISH packets to and from bytes.
 *
 * MQTT.js would do, but a PUBLISH is what a bridge sends and receives all day, and MQTT.js takes a dozen buffers and as
 * many writes for each. Everything else that MQTT has is left to it.
 *
 * Source: MQTT 5.0, section 3.3; MQTT 3.1.1, section 3.3.
 *
 * @module
 */
import type { PublishPacket, PublishProperties, ReceivedPacket } from "../link.ts";
import { TextReader } from "./text_reader.ts";

/** The packet type of PUBLISH, in the upper half of the first byte. */
export const PUBLISH = 3;

/** Property identifiers (MQTT 5.0, section 2.2.2.2). */
const Property = {
  PayloadFormatIndicator: 0x01,
  MessageExpiryInterval: 0x02,
  ContentType: 0x03,
  ResponseTopic: 0x08,
  CorrelationData: 0x09,
  SubscriptionIdentifier: 0x0b,
  TopicAlias: 0x23,
  UserProperty: 0x26,
} as const;

const encoder = new TextEncoder();

/** Bytes being put together; reused, so that only the finished packet is allocated. */
class Scratch {
  #bytes = new Uint8Array(4_096);
  #length = 0;

  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  reset(): void {
    this.#length = 0;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(2 + value.length);
    this.#twoBytes(this.#length, value.length);
    this.#bytes.set(value, this.#length + 2);
    this.#length += 2 + value.length;
  }

  fourBytes(value: number): void {
    this.#reserve(4);
    new DataView(this.#bytes.buffer).setUint32(this.#length, value);
    this.#length += 4;
  }

  text(value: string): void {
    this.#reserve(2 + 3 * value.length);
    const start = this.#length + 2;
    let length = 0;
    while (length < value.length) {
      const code = value.charCodeAt(length);
      if (code >= 0x80) break;
      this.#bytes[start + length++] = code;
    }
    if (length < value.length) length = encoder.encodeInto(value, this.#bytes.subarray(start)).written;
    this.#twoBytes(this.#length, length);
    this.#length = start + length;
  }

  #twoBytes(position: number, value: number): void {
    this.#bytes[position] = value >> 8;
    this.#bytes[position + 1] = value & 0xff;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + count));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

const scratch = new Scratch();

/** A payload up to this many bytes is copied behind its header; a longer one is written from where it is. */
const COPY_LIMIT = 16 * 1024;

/**
 * The bytes of a PUBLISH with QoS 0: header and payload in one piece, or in two when the payload is large.
 */
export function encodePublish(packet: PublishPacket, protocolVersion: 4 | 5): Uint8Array[] {
  scratch.reset();
  scratch.text(packet.topic);
  const topicLength = scratch.written.length;
  if (protocolVersion === 5) writeProperties(packet.properties ?? {});
  const head = scratch.written;
  const propertiesLength = head.length - topicLength;
  const lengthOfProperties = protocolVersion === 5 ? variableLength(propertiesLength) : [];

  const remaining = head.length + lengthOfProperties.length + packet.payload.length;
  const remainingLength = variableLength(remaining);
  const headerLength = 1 + remainingLength.length + head.length + lengthOfProperties.length;
  const together = packet.payload.length <= COPY_LIMIT;
  const bytes = new Uint8Array(together ? headerLength + packet.payload.length : headerLength);
  bytes[0] = (PUBLISH << 4) | (packet.retain === true ? 1 : 0);
  bytes.set(remainingLength, 1);
  let position = 1 + remainingLength.length;
  bytes.set(head.subarray(0, topicLength), position);
  position += topicLength;
  bytes.set(lengthOfProperties, position);
  position += lengthOfProperties.length;
  bytes.set(head.subarray(topicLength), position);
  if (!together) return [bytes, packet.payload];
  bytes.set(packet.payload, headerLength);
  return [bytes];
}

function writeProperties(properties: PublishProperties): void {
  if (properties.payloadFormatIndicator !== undefined) {
    scratch.byte(Property.PayloadFormatIndicator);
    scratch.byte(properties.payloadFormatIndicator ? 1 : 0);
  }
  if (properties.messageExpiryInterval !== undefined) {
    scratch.byte(Property.MessageExpiryInterval);
    scratch.fourBytes(properties.messageExpiryInterval);
  }
  if (properties.contentType !== undefined) {
    scratch.byte(Property.ContentType);
    scratch.text(properties.contentType);
  }
  if (properties.responseTopic !== undefined) {
    scratch.byte(Property.ResponseTopic);
    scratch.text(properties.responseTopic);
  }
  if (properties.correlationData !== undefined) {
    scratch.byte(Property.CorrelationData);
    scratch.bytes(properties.correlationData);
  }
  const { userProperties } = properties;
  for (const name in userProperties) {
    const values = userProperties[name] ?? [];
    for (const value of typeof values === "string" ? [values] : values) {
      scratch.byte(Property.UserProperty);
      scratch.text(name);
      scratch.text(value);
    }
  }
}

/** Variable Byte Integer (MQTT 5.0, section 1.5.5). */
function variableLength(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return bytes;
}

/** A PUBLISH that has arrived, and its packet identifier, which QoS 0 has none of. */
export interface DecodedPublish {
  readonly packet: ReceivedPacket;
  readonly identifier: number | undefined;
}

/**
 * Reads a whole PUBLISH. The payload shares memory with `bytes`.
 *
 * @param body where its variable header begins
 * @throws {RangeError} when it is malformed
 */
export function decodePublish(bytes: Uint8Array, body: number, protocolVersion: 4 | 5): DecodedPublish {
  const flags = bytes[0] ?? 0;
  const qos = (flags >> 1) & 3;
  if (qos === 3) throw new RangeError("PUBLISH with QoS 3");
  const reader = new PublishReader(bytes, body);
  const topic = reader.text();
  const identifier = qos === 0 ? undefined : reader.twoBytes();
  const identifiers: number[] = [];
  const properties = protocolVersion === 5 ? readProperties(reader, identifiers) : {};
  const packet = {
    topic,
    payload: bytes.subarray(reader.position),
    qos: qos as 0 | 1 | 2,
    retain: (flags & 1) === 1,
    properties,
  };
  if (identifiers.length === 0) return { packet, identifier };
  return { packet: { ...packet, subscriptionIdentifiers: identifiers }, identifier };
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** @param identifiers gets the Subscription Identifiers, which are not the publisher's but the broker's */
function readProperties(reader: PublishReader, identifiers: number[]): PublishProperties {
  const length = reader.variableLength();
  const end = reader.position + length;
  reader.check(length);
  const properties: Mutable<PublishProperties> = {};
  let userProperties: Record<string, string | string[]> | undefined;
  while (reader.position < end) {
    switch (reader.byte()) {
      case Property.PayloadFormatIndicator:
        properties.payloadFormatIndicator = reader.byte() === 1;
        break;
      case Property.MessageExpiryInterval:
        properties.messageExpiryInterval = reader.twoBytes() * 65_536 + reader.twoBytes();
        break;
      case Property.ContentType:
        properties.contentType = reader.text();
        break;
      case Property.ResponseTopic:
        properties.responseTopic = reader.text();
        break;
      case Property.CorrelationData:
        properties.correlationData = reader.bytes();
        break;
      case Property.SubscriptionIdentifier:
        identifiers.push(reader.variableLength());
        break;
      case Property.UserProperty: {
        userProperties ??= Object.create(null) as Record<string, string | string[]>;
        const name = reader.text();
        const value = reader.text();
        const before = userProperties[name];
        userProperties[name] = before === undefined
          ? value
          : typeof before === "string"
          ? [before, value]
          : [...before, value];
        break;
      }
      case Property.TopicAlias:
        throw new RangeError("PUBLISH with a Topic Alias, of which we allow none");
      default:
        throw new RangeError("PUBLISH with an unknown property");
    }
  }
  if (reader.position !== end) throw new RangeError("PUBLISH whose properties do not end where they should");
  if (userProperties !== undefined) properties.userProperties = userProperties;
  return properties;
}

const texts = new TextReader();

class PublishReader {
  position: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  check(count: number): void {
    if (this.position + count > this.#bytes.length) throw new RangeError("PUBLISH that ends too early");
  }

  byte(): number {
    this.check(1);
    return this.#bytes[this.position++] ?? 0;
  }

  twoBytes(): number {
    return this.byte() * 256 + this.byte();
  }

  bytes(): Uint8Array {
    const length = this.twoBytes();
    this.check(length);
    this.position += length;
    return this.#bytes.subarray(this.position - length, this.position);
  }

  text(): string {
    const length = this.twoBytes();
    this.check(length);
    this.position += length;
    return texts.read(this.#bytes, this.position - length, this.position);
  }

  variableLength(): number {
    let value = 0;
    for (let factor = 1; factor <= 128 ** 3; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new RangeError("PUBLISH with a length that has no end");
  }
}
