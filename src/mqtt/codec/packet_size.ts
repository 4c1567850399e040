/**
 * Computing the size of a PUBLISH before it is written.
 *
 * Source: MQTT 5.0, section 3.3.
 *
 * @module
 */
import type { PublishPacket, PublishProperties, UserProperties } from "../link.ts";
import { allProperties } from "./properties.ts";

const encoder = new TextEncoder();

/** The size of the packet that carries `packet`, in bytes; at most a few bytes too large, never too small. */
export function publishSize(packet: PublishPacket): number {
  const fixedHeader = 5;
  const packetIdentifier = 2;
  return fixedHeader + packetIdentifier + textSize(packet.topic) + propertiesSize(allProperties(packet)) +
    packet.payload.length;
}

function propertiesSize(properties: PublishProperties): number {
  const length = 4;
  const payloadFormatIndicator = 2;
  const messageExpiryInterval = 5;
  let size = length + payloadFormatIndicator + messageExpiryInterval;
  if (properties.responseTopic !== undefined) size += 1 + textSize(properties.responseTopic);
  if (properties.contentType !== undefined) size += 1 + textSize(properties.contentType);
  if (properties.correlationData !== undefined) size += 3 + properties.correlationData.length;
  return size + userPropertiesSize(properties.userProperties ?? {});
}

/** The size of encoded user properties, in bytes. */
export function userPropertiesSize(properties: UserProperties): number {
  let size = 0;
  for (const [name, values] of Object.entries(properties)) {
    for (const value of typeof values === "string" ? [values] : values) size += 1 + textSize(name) + textSize(value);
  }
  return size;
}

function textSize(text: string): number {
  return 2 + encoder.encode(text).length;
}
