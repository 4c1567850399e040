/**
 * Converting packets to and from the types of MQTT.js.
 *
 * @module
 */
import type { IClientOptions, IClientSubscribeOptions, IConnackPacket, IPublishPacket } from "mqtt";
import { Buffer } from "node:buffer";
import type { PublishProperties, ReceivedPacket, UserProperties, Will } from "../../link.ts";
import { usableClientId } from "../../topics.ts";
import type { ConnectAnswer, ConnectRequest, SubscriptionRequest } from "../connection.ts";

/** How long a broker may take to send CONNACK, in ms. */
const CONNECT_TIMEOUT = 10_000;

/** Largest Message Expiry Interval, in seconds (MQTT 5.0, section 3.3.2.3.3). */
const LONGEST_EXPIRY = 2 ** 32 - 1;

/** The options for CONNECT. All automatic behaviour of MQTT.js is switched off. */
export function clientOptions({ broker, plan, protocolVersion }: ConnectRequest): IClientOptions {
  const version5 = protocolVersion === 5;
  return {
    log: () => {},
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: CONNECT_TIMEOUT,
    protocolVersion,
    clean: true,
    clientId: plan.clientId,
    keepalive: broker.keepAlive,
    ...defined({
      username: broker.username,
      password: broker.password?.reveal(),
    }),
    ...(version5
      ? {
        properties: defined({ userProperties: plan.userProperties }),
      }
      : {}),
    ...(plan.will === undefined ? {} : { will: toWill(plan.will, version5) }),
  } as IClientOptions;
}

function toWill(will: Will, version5: boolean): IClientOptions["will"] {
  return {
    topic: will.topic,
    payload: Buffer.from(will.payload),
    qos: will.qos,
    retain: will.retain,
    ...(version5 ? { properties: toProperties(will.properties) } : {}),
  };
}

/** The options of a subscription. */
export function toSubscribeOptions({ qos, noLocal, identifier }: SubscriptionRequest): IClientSubscribeOptions {
  return {
    qos,
    nl: noLocal,
    ...(identifier === undefined ? {} : { properties: { subscriptionIdentifier: identifier } }),
  };
}

/** Whether a packet is a SUBACK. */
export function isSuback(packet: unknown): packet is { granted: readonly number[] } {
  return typeof packet === "object" && packet !== null && "granted" in packet && Array.isArray(packet.granted);
}

/** The same bytes as a Buffer. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The properties of a PUBLISH. MQTT.js throws if the Message Expiry Interval does not fit into four bytes, and drops
 * the connection if the properties are missing.
 */
export function toProperties(properties: PublishProperties = {}): NonNullable<IPublishPacket["properties"]> {
  const { correlationData, messageExpiryInterval = 0, userProperties, ...rest } = properties;
  const converted: Record<string, unknown> = rest;
  if (correlationData !== undefined) converted.correlationData = toBuffer(correlationData);
  if (messageExpiryInterval > 0) converted.messageExpiryInterval = Math.min(messageExpiryInterval, LONGEST_EXPIRY);
  if (userProperties !== undefined && hasValue(userProperties)) converted.userProperties = userProperties;
  return converted as NonNullable<IPublishPacket["properties"]>;
}

function hasValue(properties: UserProperties): boolean {
  return Object.values(properties).some((values) => typeof values === "string" || values.length > 0);
}

/** A received PUBLISH. */
export function toReceivedPacket(packet: IPublishPacket): ReceivedPacket {
  return {
    topic: packet.topic,
    payload: typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload,
    qos: packet.qos,
    retain: packet.retain,
    properties: packet.properties ?? {},
    ...subscriptionIdentifiers(packet),
  };
}

function subscriptionIdentifiers({ properties }: IPublishPacket): Pick<ReceivedPacket, "subscriptionIdentifiers"> {
  // The type is number, but it is a list when several subscriptions match the message.
  const found = properties?.subscriptionIdentifier as number | readonly number[] | undefined;
  if (found === undefined) return {};
  return { subscriptionIdentifiers: typeof found === "number" ? [found] : found };
}

/** The properties of CONNACK. */
export function toAnswer({ properties = {} }: IConnackPacket): ConnectAnswer {
  const { maximumQoS } = properties;
  return {
    maximumQoS: maximumQoS === 0 || maximumQoS === 1 ? maximumQoS : undefined,
    retainAvailable: properties.retainAvailable,
    wildcardSubscriptionAvailable: properties.wildcardSubscriptionAvailable,
    sharedSubscriptionAvailable: properties.sharedSubscriptionAvailable,
    subscriptionIdentifiersAvailable: properties.subscriptionIdentifiersAvailable,
    maximumPacketSize: properties.maximumPacketSize,
    receiveMaximum: properties.receiveMaximum,
    topicAliasMaximum: properties.topicAliasMaximum,
    serverKeepAlive: properties.serverKeepAlive,
    assignedClientIdentifier: usableClientId(properties.assignedClientIdentifier),
    userProperties: properties.userProperties ?? {},
  };
}

/** `values` without the members that are undefined. */
function defined<T extends Record<string, unknown>>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
