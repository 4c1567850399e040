/**
 * The PUBLISH packets of the request-response profile: their properties, their QoS and their size.
 *
 * @module
 */
import type { MqttLink, PublishProperties, QoS, ReceivedPacket } from "../../../mqtt/mod.ts";
import type { SessionQoS } from "../../profile.ts";
import { Failure, isFailureReason } from "../../../core/failure.ts";
import { Message } from "../../../core/message.ts";
import { firstValue } from "../../packets.ts";
import type { Frame, Subject } from "./frame.ts";

/** User property that names the session; the client makes it up. */
export const SESSION = "mcp-session";

/**
 * User property of a first message that is meant for one instance only, on brokers without shared subscriptions:
 * there all instances get it, and those that are not meant leave it alone.
 */
export const INSTANCE = "mcp-instance";

/**
 * User property of a message that ends a session; its value is the reason word. The payload is a
 * `notifications/disconnected`, but it is this property that makes it one for the proxy itself: without it, it
 * would belong to the peer.
 */
export const CLOSED = "mcp-closed";

const SEQUENCE = "mcp-seq";
const MORE = "mcp-more";
const SUBJECT = "mcp-id";
const ACKNOWLEDGE = "mcp-ack";
const RESUME = "mcp-resume";
const SENT = "mcp-sent";

/** The properties that every MCP message has. */
export const MESSAGE_PROPERTIES: PublishProperties = {
  payloadFormatIndicator: true,
  contentType: "application/json",
};

/** The value of a user property. */
export function userProperty({ properties }: ReceivedPacket, name: string): string | undefined {
  return firstValue(properties.userProperties, name);
}

/** The user properties of a frame. */
export function frameProperties(frame: Frame): Record<string, string> {
  const properties: Record<string, string> = {};
  if (frame.sequence !== undefined) properties[SEQUENCE] = String(frame.sequence);
  if (frame.acknowledge !== undefined) properties[ACKNOWLEDGE] = String(frame.acknowledge);
  if (frame.more === true) properties[MORE] = "1";
  if (frame.subject !== undefined) properties[SUBJECT] = `${frame.subject.kind} ${frame.subject.id}`;
  if (frame.resume !== undefined) properties[RESUME] = String(frame.resume);
  if (frame.sent !== undefined) properties[SENT] = String(frame.sent);
  return properties;
}

/** The frame in a packet. What is not a number, or not one that a peer of ours would send, is not there. */
export function toFrame(packet: ReceivedPacket): Frame {
  const frame: { -readonly [Name in keyof Frame]: Frame[Name] } = { payload: packet.payload };
  const { correlationData } = packet.properties;
  if (correlationData !== undefined) frame.correlation = correlationData;
  const sequence = wholeNumber(packet, SEQUENCE);
  if (sequence !== undefined && sequence > 0) frame.sequence = sequence;
  const acknowledge = wholeNumber(packet, ACKNOWLEDGE);
  if (acknowledge !== undefined) frame.acknowledge = acknowledge;
  if (userProperty(packet, MORE) === "1") frame.more = true;
  const subject = toSubject(userProperty(packet, SUBJECT));
  if (subject !== undefined) frame.subject = subject;
  const resume = wholeNumber(packet, RESUME);
  if (resume !== undefined) frame.resume = resume;
  const sent = wholeNumber(packet, SENT);
  if (sent !== undefined) frame.sent = sent;
  return frame;
}

function wholeNumber(packet: ReceivedPacket, name: string): number | undefined {
  const text = userProperty(packet, name);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The `id` ends up in an answer as it is, so it must be one. */
function toSubject(text: string | undefined): Subject | undefined {
  const [, kind, id] = /^(request|response) (-?\d+|".*")$/s.exec(text ?? "") ?? [];
  if ((kind !== "request" && kind !== "response") || id === undefined) return undefined;
  return new Message(new TextEncoder().encode(`{"method":"","id":${id}}`)).id === id ? { kind, id } : undefined;
}

/** Why a session was ended, from the message that ended it; a reason that is not known here counts as `session-ended`. */
export function closedFailure(packet: ReceivedPacket): Failure {
  const word = userProperty(packet, CLOSED);
  const { sentence, details } = readGoodbye(packet.payload);
  return new Failure(isFailureReason(word) ? word : "session-ended", sentence, details);
}

/** The property alone ends the session; the payload only says why. */
function readGoodbye(payload: Uint8Array): { sentence: string; details: Failure["details"] } {
  try {
    const { params } = new Message(payload).parse() as { params?: { reason?: unknown; data?: unknown } };
    const { reason: _, ...rest } = Object(params?.data) as Record<string, unknown>;
    return {
      sentence: typeof params?.reason === "string" ? params.reason : GOODBYE,
      details: Object.fromEntries(Object.entries(rest).filter(isScalar)),
    };
  } catch {
    return { sentence: GOODBYE, details: {} };
  }
}

const GOODBYE = "The server has ended the session";

function isScalar(entry: [name: string, value: unknown]): entry is [string, string | number | boolean] {
  return ["string", "number", "boolean"].includes(typeof entry[1]);
}

/** Room for the fixed header and the properties of a PUBLISH, which are far shorter, in bytes. */
const PROPERTIES = 1_024;

/** The largest payload that fits into one PUBLISH to `topic`, in bytes. */
export function largestPart({ state }: MqttLink, topic: string): number {
  if (state.status !== "online" || state.limits.protocolVersion === 4) return Infinity;
  return Math.max(1, state.limits.maximumPacketSize - PROPERTIES - 3 * topic.length);
}

/**
 * The QoS of a message. A peer that numbers its messages misses one that is lost, and so QoS 0 is enough for it: half
 * the packets, and no answer held back behind an acknowledgement.
 */
export function qosOf(qos: SessionQoS, numbered: boolean): QoS {
  return qos === "auto" ? (numbered ? 0 : 1) : qos;
}
