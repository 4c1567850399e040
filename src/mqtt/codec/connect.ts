/**
 * CONNECT, CONNACK and DISCONNECT packets.
 *
 * Source: MQTT 5.0, sections 3.1, 3.2 and 3.14; MQTT 3.1.1, sections 3.1, 3.2 and 3.14.
 *
 * @module
 */
import type { ConnectAnswer, ConnectRequest } from "../connection/connection.ts";
import type { QoS, Will } from "../link.ts";
import { fromReturnCode } from "../reason_codes.ts";
import { usableClientId } from "../topics.ts";
import { PacketReader } from "./packet_reader.ts";
import { CONNECT, DISCONNECT } from "./packet_types.ts";
import type { PacketWriter } from "./packet_writer.ts";
import { Property, UserPropertyCollector, writePublishProperties, writeUserProperties } from "./properties.ts";

/** The flags of CONNECT. */
const CLEAN_START = 0x02;
const WILL = 0x04;
const WILL_RETAIN = 0x20;
const PASSWORD = 0x40;
const USER_NAME = 0x80;

/**
 * Writes CONNECT.
 *
 * @throws {RangeError} when one of its fields is too long
 */
export function writeConnect(writer: PacketWriter, request: ConnectRequest): void {
  const { broker, plan, protocolVersion } = request;
  const { will, clientId, userProperties } = plan;
  writer.begin(CONNECT);
  writer.text("MQTT");
  writer.byte(protocolVersion);
  writer.byte(flagsOf(request));
  writer.twoBytes(broker.keepAlive);
  if (protocolVersion === 5) {
    writer.prefixed(() => {
      if (userProperties !== undefined) writeUserProperties(writer, userProperties);
    });
  }
  writer.text(clientId);
  if (will !== undefined) writeWill(writer, will, protocolVersion);
  const username = usernameOf(request);
  if (username !== undefined) writer.text(username);
  if (broker.password !== undefined) writer.text(broker.password.reveal());
  writer.end();
}

/** In MQTT 3.1.1 there is no password without a username (section 3.1.2.9). */
function usernameOf({ broker: { username, password }, protocolVersion }: ConnectRequest): string | undefined {
  return username ?? (protocolVersion === 4 && password !== undefined ? "" : undefined);
}

function flagsOf(request: ConnectRequest): number {
  const { broker: { password }, plan: { will } } = request;
  return CLEAN_START |
    (will === undefined ? 0 : WILL | (will.qos << 3) | (will.retain ? WILL_RETAIN : 0)) |
    (password === undefined ? 0 : PASSWORD) |
    (usernameOf(request) === undefined ? 0 : USER_NAME);
}

function writeWill(writer: PacketWriter, { topic, payload, properties = {} }: Will, version: 4 | 5): void {
  if (version === 5) writer.prefixed(() => writePublishProperties(writer, properties));
  writer.text(topic);
  writer.binary(payload);
}

/** Writes DISCONNECT. The reason code is left out when it is 0. */
export function writeDisconnect(writer: PacketWriter, reasonCode = 0): void {
  writer.begin(DISCONNECT);
  if (reasonCode !== 0) writer.byte(reasonCode);
  writer.end();
}

/** The broker's reason for a refusal or a disconnection. */
export interface Reason {
  /** The MQTT 5 reason code. */
  readonly code: number;
  /** The Reason String. */
  readonly text: string | undefined;
}

/** A CONNACK. */
export interface DecodedConnack extends Reason {
  readonly answer: ConnectAnswer;
}

/**
 * Reads CONNACK.
 *
 * @throws {RangeError} when it is malformed
 */
export function readConnack(bytes: Uint8Array, body: number, version: 4 | 5): DecodedConnack {
  const reader = new PacketReader(bytes, body);
  reader.byte(); // the flag Session Present: we never resume a session
  const code = reader.byte();
  if (version === 4 || (code < 0x80 && code > 0) || reader.left === 0) {
    // A broker that does not know MQTT 5 may answer with a CONNACK of MQTT 3.1.1 (section 3.2.2.3 there).
    const known = version === 4 || code < 0x80 ? fromReturnCode(code) : code;
    return { code: known, text: undefined, answer: NOTHING_SAID };
  }
  const { text, ...rest } = readConnackProperties(reader.nested());
  return { code, text, answer: { ...NOTHING_SAID, ...rest } };
}

const NOTHING_SAID: ConnectAnswer = {
  maximumQoS: undefined,
  retainAvailable: undefined,
  wildcardSubscriptionAvailable: undefined,
  sharedSubscriptionAvailable: undefined,
  subscriptionIdentifiersAvailable: undefined,
  maximumPacketSize: undefined,
  receiveMaximum: undefined,
  topicAliasMaximum: undefined,
  serverKeepAlive: undefined,
  assignedClientIdentifier: undefined,
  userProperties: {},
};

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

function readConnackProperties(reader: PacketReader): Partial<ConnectAnswer> & { text: string | undefined } {
  const answer: Partial<Mutable<ConnectAnswer>> = {};
  const user = new UserPropertyCollector();
  let text: string | undefined;
  while (reader.left > 0) {
    switch (reader.byte()) {
      case Property.MaximumQoS:
        answer.maximumQoS = Math.min(reader.byte(), 2) as QoS;
        break;
      case Property.RetainAvailable:
        answer.retainAvailable = reader.byte() !== 0;
        break;
      case Property.WildcardSubscriptionAvailable:
        answer.wildcardSubscriptionAvailable = reader.byte() !== 0;
        break;
      case Property.SubscriptionIdentifiersAvailable:
        answer.subscriptionIdentifiersAvailable = reader.byte() !== 0;
        break;
      case Property.SharedSubscriptionAvailable:
        answer.sharedSubscriptionAvailable = reader.byte() !== 0;
        break;
      case Property.MaximumPacketSize:
        answer.maximumPacketSize = positive(reader.fourBytes(), "Maximum Packet Size");
        break;
      case Property.ReceiveMaximum:
        answer.receiveMaximum = positive(reader.twoBytes(), "Receive Maximum");
        break;
      case Property.TopicAliasMaximum:
        answer.topicAliasMaximum = reader.twoBytes();
        break;
      case Property.ServerKeepAlive:
        answer.serverKeepAlive = reader.twoBytes();
        break;
      case Property.AssignedClientIdentifier:
        answer.assignedClientIdentifier = usableClientId(reader.text());
        break;
      case Property.UserProperty:
        user.read(reader);
        break;
      case Property.ReasonString:
        text = reader.text();
        break;
      case Property.SessionExpiryInterval:
        reader.fourBytes();
        break;
      case Property.ResponseInformation:
      case Property.ServerReference:
      case Property.AuthenticationMethod:
      case Property.AuthenticationData:
        reader.binary();
        break;
      default:
        throw new RangeError("it has an unknown property");
    }
  }
  return { ...answer, userProperties: user.properties ?? {}, text };
}

/**
 * Refuses a limit of 0, which is a protocol error (MQTT 5.0, sections 3.2.2.3.3 and 3.2.2.3.6): nothing could be sent.
 */
function positive(value: number, name: string): number {
  if (value === 0) throw new RangeError(`its ${name} is 0, which MQTT does not allow`);
  return value;
}

/**
 * Reads DISCONNECT.
 *
 * @throws {RangeError} when it is malformed
 */
export function readDisconnect(bytes: Uint8Array, body: number): Reason {
  const reader = new PacketReader(bytes, body);
  if (reader.left === 0) return { code: 0, text: undefined };
  const code = reader.byte();
  return { code, text: reader.left === 0 ? undefined : readReasonString(reader.nested()) };
}

/** The Reason String of DISCONNECT. Reading stops at a property that is not expected there. */
function readReasonString(reader: PacketReader): string | undefined {
  while (reader.left > 0) {
    switch (reader.byte()) {
      case Property.ReasonString:
        return reader.text();
      case Property.UserProperty:
        reader.binary();
        reader.binary();
        break;
      case Property.ServerReference:
        reader.binary();
        break;
      case Property.SessionExpiryInterval:
        reader.fourBytes();
        break;
      default:
        return undefined;
    }
  }
}
