/**
 * The properties of MQTT 5 packets.
 *
 * Source: MQTT 5.0, section 2.2.2.
 *
 * @module
 */
import type { PublishPacket, PublishProperties, UserProperties } from "../link.ts";
import type { PacketReader } from "./packet_reader.ts";
import type { PacketWriter } from "./packet_writer.ts";

/** Property identifiers. */
export const Property = {
  PayloadFormatIndicator: 0x01,
  MessageExpiryInterval: 0x02,
  ContentType: 0x03,
  ResponseTopic: 0x08,
  CorrelationData: 0x09,
  SubscriptionIdentifier: 0x0b,
  SessionExpiryInterval: 0x11,
  AssignedClientIdentifier: 0x12,
  ServerKeepAlive: 0x13,
  AuthenticationMethod: 0x15,
  AuthenticationData: 0x16,
  RequestProblemInformation: 0x17,
  WillDelayInterval: 0x18,
  RequestResponseInformation: 0x19,
  ResponseInformation: 0x1a,
  ServerReference: 0x1c,
  ReasonString: 0x1f,
  ReceiveMaximum: 0x21,
  TopicAliasMaximum: 0x22,
  TopicAlias: 0x23,
  MaximumQoS: 0x24,
  RetainAvailable: 0x25,
  UserProperty: 0x26,
  MaximumPacketSize: 0x27,
  WildcardSubscriptionAvailable: 0x28,
  SubscriptionIdentifiersAvailable: 0x29,
  SharedSubscriptionAvailable: 0x2a,
} as const;

/** Largest interval, in seconds: four bytes. */
const LONGEST_INTERVAL = 0xffff_ffff;

/** The most user properties of a packet. None of our own packets has as many. */
const MOST_USER_PROPERTIES = 256;

/** The longest names and values of a packet's user properties together, in bytes. */
const MOST_USER_PROPERTY_BYTES = 64 * 1024;

/** An interval as a Four Byte Integer: whole seconds, rounded up, at most the largest value. */
function toInterval(seconds: number): number {
  return Math.min(Math.ceil(Math.max(0, seconds)), LONGEST_INTERVAL);
}

/** Writes user properties. */
export function writeUserProperties(writer: PacketWriter, properties: UserProperties): void {
  for (const name in properties) {
    const values = properties[name] ?? [];
    if (typeof values === "string") writeUserProperty(writer, name, values);
    else for (const value of values) writeUserProperty(writer, name, value);
  }
}

function writeUserProperty(writer: PacketWriter, name: string, value: string): void {
  writer.byte(Property.UserProperty);
  writer.text(name);
  writer.text(value);
}

/** Writes the properties of a PUBLISH or of a will. */
export function writePublishProperties(writer: PacketWriter, properties: PublishProperties): void {
  if (properties.payloadFormatIndicator !== undefined) {
    writer.byte(Property.PayloadFormatIndicator);
    writer.byte(properties.payloadFormatIndicator ? 1 : 0);
  }
  if (properties.messageExpiryInterval !== undefined) {
    writer.byte(Property.MessageExpiryInterval);
    writer.fourBytes(toInterval(properties.messageExpiryInterval));
  }
  if (properties.contentType !== undefined) {
    writer.byte(Property.ContentType);
    writer.text(properties.contentType);
  }
  if (properties.responseTopic !== undefined) {
    writer.byte(Property.ResponseTopic);
    writer.text(properties.responseTopic);
  }
  if (properties.correlationData !== undefined) {
    writer.byte(Property.CorrelationData);
    writer.binary(properties.correlationData);
  }
  if (properties.userProperties !== undefined) writeUserProperties(writer, properties.userProperties);
}

const encoded = new WeakMap<PublishProperties, Uint8Array>();

/** Writes properties that are the same object each time. They are encoded once and then copied. */
export function writeCommonProperties(writer: PacketWriter, properties: PublishProperties): void {
  const bytes = encoded.get(properties);
  if (bytes !== undefined) return writer.bytes(bytes);
  const start = writer.mark();
  writePublishProperties(writer, properties);
  encoded.set(properties, writer.since(start));
}

/** All properties of a message, its common ones included. */
export function allProperties({ properties = {}, common }: PublishPacket): PublishProperties {
  if (common === undefined) return properties;
  const userProperties = { ...common.userProperties, ...properties.userProperties };
  return { ...common, ...properties, ...(Object.keys(userProperties).length === 0 ? {} : { userProperties }) };
}

/** Why a message with such properties is dropped. */
export const EXCESSIVE = "it has more user properties than are read";

/** Whether there are more user properties than the limits allow. */
export function isExcessive(properties: UserProperties | undefined): boolean {
  let count = 0;
  let characters = 0;
  for (const name in properties) {
    for (const value of [properties[name] ?? []].flat()) {
      characters += name.length + value.length;
      if (++count > MOST_USER_PROPERTIES || characters > MOST_USER_PROPERTY_BYTES) return true;
    }
  }
  return false;
}

/** Collects user properties while they are read: in time linear in their number, and within the limits. */
export class UserPropertyCollector {
  #properties: Record<string, string | string[]> | undefined;
  #count = 0;
  #bytes = 0;

  /** The user properties; `undefined` when there were none. */
  get properties(): UserProperties | undefined {
    return this.#properties;
  }

  /** Whether there were more than the limits allow. */
  get excessive(): boolean {
    return this.#count > MOST_USER_PROPERTIES || this.#bytes > MOST_USER_PROPERTY_BYTES;
  }

  /** Reads one user property. Beyond the limits it is read but not kept. */
  read(reader: PacketReader): void {
    const start = reader.position;
    if (this.excessive) {
      reader.binary();
      reader.binary();
      return;
    }
    const name = reader.text();
    const value = reader.text();
    this.#count++;
    this.#bytes += reader.position - start;
    const properties = this.#properties ??= Object.create(null) as Record<string, string | string[]>;
    const before = properties[name];
    if (before === undefined) properties[name] = value;
    else if (typeof before === "string") properties[name] = [before, value];
    else before.push(value);
  }
}
